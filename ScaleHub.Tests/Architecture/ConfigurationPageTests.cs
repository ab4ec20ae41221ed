using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using ScaleHub.Core.Platform;
using ScaleHub.Http;
using ScaleHub.Http.Overload;
using ScaleHub.Modules;
using ScaleHub.ServiceDefaults.Health;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Architecture;

/// <summary>
/// The tables of docs/configuration.md are what the options classes say: name, default, range, and the documentation's summary.
/// <c>UPDATE_CONFIGURATION_PAGE=1 dotnet test --filter ConfigurationPageTests</c> writes them anew.
/// </summary>
public sealed partial class ConfigurationPageTests
{
    private const string Begin = "<!-- Generated from the options classes: see ConfigurationPageTests. -->", End = "<!-- End of what is generated. -->";
    private static readonly string Page = Path.Combine(Repository.Root, "docs", "configuration.md");
    private static readonly Assembly[] Programs = [typeof(ApiDocs).Assembly, typeof(PlatformExtensions).Assembly, typeof(ShutdownOptions).Assembly,
        typeof(IModule).Assembly];

    [Fact]
    public async Task The_page_lists_every_setting_of_the_options_classes_as_it_is()
    {
        var text = await File.ReadAllTextAsync(Page);
        var (begin, end) = (text.IndexOf(Begin, StringComparison.Ordinal) + Begin.Length, text.IndexOf(End, StringComparison.Ordinal));
        var tables = Tables();
        if (Environment.GetEnvironmentVariable("UPDATE_CONFIGURATION_PAGE") == "1")
            await File.WriteAllTextAsync(Page, text[..begin] + "\n\n" + tables + text[end..]);
        else Assert.Equal(tables.Trim(), text[begin..end].Trim());
    }

    [Fact]
    public void Every_public_setting_has_a_range_or_says_what_it_may_be()
    {
        var unbounded = Options().SelectMany(Settings).Where(p => p.PropertyType.IsPrimitive && p.PropertyType != typeof(bool)
            && p.GetCustomAttribute<RangeAttribute>() is null);
        Assert.Empty(unbounded.Select(p => $"{p.DeclaringType!.Name}.{p.Name}"));
    }

    private static IEnumerable<Type> Options() => Programs.SelectMany(a => a.GetTypes())
        .Where(t => t.GetField("Section", BindingFlags.Public | BindingFlags.Static) is not null)
        .OrderBy(SectionOf, StringComparer.Ordinal);

    private static string SectionOf(Type type) => (string)type.GetField("Section")!.GetRawConstantValue()!;

    private static IEnumerable<PropertyInfo> Settings(Type type)
        => type.GetProperties().Where(p => p.CanWrite && p.PropertyType is { IsGenericType: false, IsArray: false } or { IsEnum: true }
            && p.GetMethod is { IsStatic: false });

    private static string Tables()
    {
        var page = new StringBuilder();
        foreach (var type in Options())
        {
            page.Append(CultureInfo.InvariantCulture, $"## {SectionOf(type)}\n\n");
            page.Append("| setting | default | allowed | |\n|---|---|---|---|\n");
            AddRows(page, SectionOf(type), type, Activator.CreateInstance(type)!);
            page.Append('\n');
        }
        return page.ToString();
    }

    private static void AddRows(StringBuilder page, string prefix, Type type, object defaults)
    {
        foreach (var property in type.GetProperties().Where(p => p.DeclaringType == type))
        {
            var (name, value) = ($"{prefix}__{property.Name}", property.GetValue(defaults));
            if (IsGroup(property.PropertyType)) AddRows(page, name, property.PropertyType, value!);
            else if (property.PropertyType.IsGenericType && Nullable.GetUnderlyingType(property.PropertyType) is null)
                page.Append(CultureInfo.InvariantCulture, $"| `{name}__…` | none | | {Summary(property)} |\n");
            else if (property.CanWrite && IsText(property.PropertyType)) page.Append(CultureInfo.InvariantCulture,
                $"| `{name}` | {Default(property, value)} | {Allowed(property)} | {Summary(property)} |\n");
        }
    }

    // What a setting's text can become; the rest is set by code.
    private static bool IsText(Type type)
        => (Nullable.GetUnderlyingType(type) ?? type) is var plain && (plain.IsPrimitive || plain.IsEnum || plain == typeof(string));

    // A class of ours that holds settings itself.
    private static bool IsGroup(Type type) => type.IsClass && Programs.Contains(type.Assembly) && !typeof(Delegate).IsAssignableFrom(type)
        && type.GetConstructor([]) is not null;

    private static string Default(PropertyInfo property, object? value) => value switch
    {
        null or "" => "none",
        // These depend on the machine.
        int number when property.DeclaringType == typeof(OverloadOptions) && property.Name != nameof(OverloadOptions.RetryAfterSeconds)
            => $"{number / Environment.ProcessorCount} for each processor",
        bool flag => flag ? "true" : "false",
        IFormattable number => $"`{number.ToString(null, CultureInfo.InvariantCulture)}`",
        _ => $"`{value}`",
    };

    private static string Allowed(PropertyInfo property)
        => property.GetCustomAttribute<RangeAttribute>() is { } range
            ? string.Create(CultureInfo.InvariantCulture, $"{range.Minimum} to {range.Maximum}")
            : property.PropertyType.IsEnum ? string.Join(", ", Enum.GetNames(property.PropertyType))
            : property.GetCustomAttribute<MinLengthAttribute>() is { } least ? $"at least {least.Length} characters"
            : property.PropertyType == typeof(bool) ? "true, false"
            : property.GetCustomAttribute<RequiredAttribute>() is not null ? "not empty" : "";

    private static string Summary(PropertyInfo property)
    {
        var file = Path.Combine(AppContext.BaseDirectory, $"{property.DeclaringType!.Assembly.GetName().Name}.xml");
        var name = $"P:{property.DeclaringType.FullName!.Replace('+', '.')}.{property.Name}";
        var summary = XDocument.Load(file).Descendants("member").Single(m => m.Attribute("name")!.Value == name).Element("summary")!;
        var text = string.Concat(summary.Nodes().Select(node => node switch
        {
            XText plain => plain.Value,
            XElement { Name.LocalName: "see" } see => $"`{see.Attribute("cref")!.Value.Split('.')[^1]}`",
            XElement element => $"`{element.Value}`",
            _ => "",
        }));
        return Blanks().Replace(text.Trim(), " ").Replace("|", "\\|", StringComparison.Ordinal);
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();
}
