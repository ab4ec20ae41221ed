using System.Diagnostics.CodeAnalysis;
using ScaleHub.Core.Platform;

namespace ScaleHub.Http.Input;

/// <summary>
/// An enum in a query, by its exact name in camelCase: <c>EnumName&lt;TaskState&gt;? status</c>. Any other text is 400 and lists
/// the names.
/// </summary>
/// <param name="Value">The value that was named.</param>
/// <typeparam name="T">The enum.</typeparam>
[SuppressMessage("Design", "CA1000", Justification = "ASP.NET Core binds a parameter by a static TryParse of its type.")]
public readonly record struct EnumName<T>(T Value) : IParsable<EnumName<T>> where T : struct, Enum
{
    /// <inheritdoc/>
    public static EnumName<T> Parse(string s, IFormatProvider? provider)
        => TryParse(s, provider, out var result) ? result : throw new FormatException(EnumName.OneOf(EnumNames.Of<T>()));

    /// <inheritdoc/>
    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out EnumName<T> result)
    {
        var found = EnumNames.Find<T>(s);
        result = new(found.GetValueOrDefault());
        return found is not null;
    }
}

/// <summary>What <see cref="EnumName{T}"/> and the JSON converter say of the names.</summary>
internal static class EnumName
{
    /// <summary>The names of a parameter's enum; null when its type is no <see cref="EnumName{T}"/>.</summary>
    public static IReadOnlyList<string>? NamesOf(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(EnumName<>)) type = type.GenericTypeArguments[0];
        return type.IsEnum ? EnumNames.Of(type) : null;
    }

    public static string OneOf(IEnumerable<string> names) => $"use one of {string.Join(", ", names)}";
}
