using System.Text.Json;

namespace ScaleHub.Core.Platform;

/// <summary>
/// The names of an enum outside the program, one for each value and exact: camelCase for clients, snake_case in the database.
/// <para><see cref="Enum.Parse{TEnum}(string)"/> would also take a number, another case, and a list with commas, which it turns
/// into a value that nobody named.</para>
/// </summary>
public static class EnumNames
{
    /// <summary>The names as clients write them, in the order of the values.</summary>
    public static IReadOnlyList<string> Of(Type enumType)
        => [.. Enum.GetNames(enumType).Select(JsonNamingPolicy.CamelCase.ConvertName)];

    /// <summary>The same of an enum that is known.</summary>
    public static IReadOnlyList<string> Of<T>() where T : struct, Enum => Names<T>.Camel;

    /// <summary>The value's name for clients.</summary>
    public static string Write<T>(T value) where T : struct, Enum => Names<T>.Camel[Array.IndexOf(Names<T>.Values, value)];

    /// <summary>The value with that name, which must be exact; null when there is none.</summary>
    public static T? Find<T>(string? name) where T : struct, Enum
        => Array.IndexOf(Names<T>.Camel, name) is >= 0 and var index ? Names<T>.Values[index] : null;

    /// <summary>The value's name in the database.</summary>
    public static string WriteColumn<T>(T value) where T : struct, Enum => Names<T>.Snake[Array.IndexOf(Names<T>.Values, value)];

    /// <summary>The value that the database names.</summary>
    /// <exception cref="InvalidOperationException">This version of the program has no such value.</exception>
    public static T ReadColumn<T>(string text) where T : struct, Enum
        => Array.IndexOf(Names<T>.Snake, text) is >= 0 and var index
            ? Names<T>.Values[index]
            : throw new InvalidOperationException(
                $"The database has '{text}' where a {typeof(T).Name} should be: one of {string.Join(", ", Names<T>.Snake)}.");

    private static class Names<T> where T : struct, Enum
    {
        public static readonly T[] Values = Enum.GetValues<T>();

        public static readonly string[] Camel = [.. Values.Select(v => JsonNamingPolicy.CamelCase.ConvertName(v.ToString()))];

        public static readonly string[] Snake = [.. Values.Select(v => JsonNamingPolicy.SnakeCaseLower.ConvertName(v.ToString()))];
    }
}
