using System.Text.RegularExpressions;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.Architecture;

/// <summary>Who may import whom: the map of the modules is the allow-list in here.</summary>
public sealed partial class ImportTests
{
    private static readonly string Root = Repository.Root;

    // Module → modules whose types it may use. Everything else goes through events in the job queue.
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        // Every row that somebody made refers to a user.
        ["Tasks"] = ["Identity"],
        // A company comes with its owner.
        ["Identity"] = ["Companies"],
        // Roles stand beside the routes that they open; what somebody placed or recorded refers to a user.
        ["Companies"] = ["Identity"],
        ["Practice"] = ["Identity"],
        ["Billing"] = ["Identity"],
        ["Cards"] = ["Identity"],
        ["Operations"] = ["Identity"],
    };

    [Fact]
    public void Mechanisms_know_no_module()
        => AssertNone(Imports("ScaleHub.Core/Platform").Where(i => Regex.IsMatch(i.Imported, @"^ScaleHub\.Core\.Model\b")));

    [Fact]
    public void Modules_do_not_import_each_other_unless_the_map_says_so()
        => AssertNone(
            from folder in (string[])["ScaleHub.Core/Model", "ScaleHub.Api/Modules", "ScaleHub.Worker/Modules"]
            where Directory.Exists(Path.Combine(Root, folder))
            from module in Directory.GetDirectories(Path.Combine(Root, folder)).Select(d => Path.GetFileName(d)!)
            where module != "Migrations"
            from import in Imports($"{folder}/{module}")
            let other = ModuleName().Match(import.Imported).Groups["module"].Value
            where other.Length > 0 && other != module && !Allowed.GetValueOrDefault(module, []).Contains(other)
            select import);

    [Fact]
    public void The_two_hosts_do_not_import_each_other()
    {
        AssertNone(Imports("ScaleHub.Api").Where(i => i.Imported.StartsWith("ScaleHub.Worker", StringComparison.Ordinal)));
        AssertNone(Imports("ScaleHub.Worker").Where(i => i.Imported.StartsWith("ScaleHub.Api", StringComparison.Ordinal)));
        AssertNone(Imports("ScaleHub.Core").Where(i => Regex.IsMatch(i.Imported, @"^ScaleHub\.(Api|Worker)\b")));
    }

    [Fact]
    public void No_type_is_named_for_having_no_job()
        => Assert.DoesNotContain(Sources(""), file =>
            Regex.IsMatch(Path.GetFileNameWithoutExtension(file), "(Manager|Helper|Helpers|Utils|Util|Impl|Common)$"));

    private static void AssertNone(IEnumerable<(string File, string Imported)> imports)
        => Assert.Empty(imports.Select(i => $"{i.File} imports {i.Imported}"));

    private static IEnumerable<(string File, string Imported)> Imports(string folder)
        => from file in Sources(folder)
           from line in File.ReadLines(file)
           let match = Using().Match(line)
           where match.Success
           select (Path.GetRelativePath(Root, file), match.Groups["name"].Value);

    private static IEnumerable<string> Sources(string folder)
        => Directory.EnumerateFiles(Path.Combine(Root, folder), "*.cs", SearchOption.AllDirectories)
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    [GeneratedRegex(@"^(global )?using (static )?(\w+ = )?(?<name>[\w.]+);")]
    private static partial Regex Using();

    [GeneratedRegex(@"^ScaleHub\.(Core\.Model|Api\.Modules|Worker\.Modules)\.(?<module>\w+)")]
    private static partial Regex ModuleName();
}
