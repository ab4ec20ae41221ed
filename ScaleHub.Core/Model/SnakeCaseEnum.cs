using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage.ValueConversion;
using ScaleHub.Core.Platform;

namespace ScaleHub.Core.Model;

/// <summary>An enum as its snake_case name in a text column; another text than a name throws when it is read.</summary>
internal sealed class SnakeCaseEnum<T>() : ValueConverter<T, string>(
    value => EnumNames.WriteColumn<T>(value), text => EnumNames.ReadColumn<T>(text))
    where T : struct, Enum
{
}

/// <summary>What holds for the columns of every module.</summary>
internal static class ModelConventions
{
    private static readonly Type[] Enums =
        [.. typeof(ModelConventions).Assembly.GetTypes().Where(
            t => t.IsEnum && t.Namespace?.StartsWith(typeof(ModelConventions).Namespace!, StringComparison.Ordinal) is true)];

    /// <summary>Every enum of the model is a <see cref="SnakeCaseEnum{T}"/>; a mapping need not say so.</summary>
    public static void UseSnakeCaseEnums(this ModelConfigurationBuilder conventions)
    {
        foreach (var type in Enums) conventions.Properties(type).HaveConversion(typeof(SnakeCaseEnum<>).MakeGenericType(type));
    }
}
