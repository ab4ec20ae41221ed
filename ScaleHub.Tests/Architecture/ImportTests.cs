using System.Reflection;
using System.Text.RegularExpressions;
using NetArchTest.Rules;
using ScaleHub.Core.Platform;
using ScaleHub.Http;
using ScaleHub.Modules;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Architecture;

/// <summary>
/// Who may use whom. Which assembly knows which, the compiler keeps; what is in one assembly, these tests do, on the compiled code:
/// signatures and instructions count, however the source wrote them.
/// </summary>
public sealed class ImportTests
{
    [Fact]
    public void Modules_use_each_other_only_as_each_says()
    {
        foreach (var module in ModuleList.All)
        {
            foreach (var other in ModuleList.All.Where(other => other != module))
            {
                var users = Types.InAssembly(typeof(IModule).Assembly).That().ResideInNamespace(NamespaceOf(module))
                    .And().HaveDependencyOnAny(NamespaceOf(other)).GetTypes().Select(type => type.FullName).ToList();
                // A module that says that it uses another does so, too.
                if (module.Uses.Contains(other.Name)) Assert.NotEmpty(users);
                else Assert.True(users.Count == 0, $"{string.Join(", ", users)} use {other.Name}");
            }
        }
    }

    [Fact]
    public void A_module_is_a_folder_of_its_name_and_is_on_the_list()
    {
        var folders = Directory.GetDirectories(Path.Combine(Repository.Root, "ScaleHub.Modules")).Select(d => Path.GetFileName(d)!);
        var named = typeof(IModule).Assembly.GetTypes().Where(t => typeof(IModule).IsAssignableFrom(t) && t.IsClass).Select(t => t.Namespace!);
        Assert.Equal(named.Order(), ModuleList.All.Select(NamespaceOf).Order());
        Assert.Subset(folders.ToHashSet(), ModuleList.All.Select(m => m.Name).ToHashSet());
        Assert.All(ModuleList.All, module => Assert.Equal(NamespaceOf(module), module.GetType().Namespace));
    }

    [Fact]
    public void What_is_below_knows_nothing_of_what_is_above()
    {
        AssertKnows(typeof(PlatformExtensions).Assembly);
        AssertKnows(typeof(ApiDocs).Assembly, "ScaleHub.Core", "ScaleHub.ServiceDefaults");
        AssertKnows(typeof(IModule).Assembly, "ScaleHub.Core", "ScaleHub.Http");

        static void AssertKnows(Assembly assembly, params string[] others) => Assert.Subset(others.ToHashSet(),
            assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("ScaleHub", StringComparison.Ordinal)).ToHashSet());
    }

    [Fact]
    public void No_type_is_named_for_having_no_job()
        => Assert.DoesNotContain(
            Directory.EnumerateFiles(Repository.Root, "*.cs", SearchOption.AllDirectories)
                .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal)),
            file => Regex.IsMatch(Path.GetFileNameWithoutExtension(file), "(Manager|Helper|Helpers|Utils|Util|Impl|Common)$"));

    private static string NamespaceOf(IModule module) => $"ScaleHub.Modules.{module.Name}";
}
