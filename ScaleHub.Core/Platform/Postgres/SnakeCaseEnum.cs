using Microsoft.EntityFrameworkCore.Storage.ValueConversion;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>An enum as its snake_case name in a text column; another text than a name throws when it is read.</summary>
internal sealed class SnakeCaseEnum<T>() : ValueConverter<T, string>(
    value => EnumNames.WriteColumn<T>(value), text => EnumNames.ReadColumn<T>(text))
    where T : struct, Enum
{
}
