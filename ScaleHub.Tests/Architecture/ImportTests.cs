using System.Reflection;
using System.Reflection.Emit;
using System.Text.RegularExpressions;
using ScaleHub.Core.Platform;
using ScaleHub.Http;
using ScaleHub.Modules;
using ScaleHub.Testing;

namespace ScaleHub.Tests.Architecture;

/// <summary>
/// Who may use whom. Which assembly knows which, the compiler keeps; what is in one assembly, these tests do, on the compiled code:
/// every type that a member's signature or its instructions name counts, however it was written.
/// </summary>
public sealed class ImportTests
{
    private const BindingFlags All =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<short, OpCode> OpCodes = typeof(global::System.Reflection.Emit.OpCodes).GetFields()
        .Select(f => (OpCode)f.GetValue(null)!).ToDictionary(c => c.Value);

    [Fact]
    public void Modules_use_each_other_only_as_each_says()
    {
        var said = ModuleList.All.ToDictionary(m => m.Name, m => m.Uses);
        var uses = from type in typeof(IModule).Assembly.GetTypes()
                   let module = ModuleOf(type)
                   where module is not null
                   from used in Used(type)
                   let other = ModuleOf(used)
                   where other is not null && other != module
                   select (Module: module, Other: other, Type: type.FullName, Used: used.FullName);
        var found = uses.Distinct().ToList();
        Assert.Empty(found.Where(u => !said[u.Module].Contains(u.Other)).Select(u => $"{u.Type} uses {u.Used}"));
        // Nor does a module say that it uses what it does not.
        Assert.Subset(found.Select(u => (u.Module, u.Other)).ToHashSet(),
            said.SelectMany(m => m.Value.Select(other => (m.Key, other))).ToHashSet());
    }

    [Fact]
    public void A_module_is_a_folder_of_its_name_and_is_on_the_list()
    {
        var folders = Directory.GetDirectories(Path.Combine(Repository.Root, "ScaleHub.Modules")).Select(d => Path.GetFileName(d)!)
            .Where(name => name is not ("bin" or "obj"));
        var named = typeof(IModule).Assembly.GetTypes().Select(ModuleOf).OfType<string>().Distinct().Order();
        Assert.Equal(named, ModuleList.All.Select(m => m.Name).Order());
        Assert.Subset(folders.ToHashSet(), named.ToHashSet());
        Assert.All(ModuleList.All, m => Assert.Equal($"ScaleHub.Modules.{m.Name}", m.GetType().Namespace));
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

    private static string? ModuleOf(Type type)
        => type.Namespace is { } name && name.StartsWith("ScaleHub.Modules.", StringComparison.Ordinal) ? name.Split('.')[2] : null;

    private static IEnumerable<Type> Used(Type type)
    {
        var methods = type.GetMethods(All).Concat<MethodBase>(type.GetConstructors(All)).ToList();
        return new[] { type.BaseType }.Concat(type.GetInterfaces())
            .Concat(type.GetFields(All).Select(f => f.FieldType))
            .Concat(methods.SelectMany(m => m.GetParameters().Select(p => p.ParameterType)))
            .Concat(methods.OfType<MethodInfo>().Select(m => m.ReturnType))
            .Concat(methods.SelectMany(Named))
            .OfType<Type>().SelectMany(Parts);
    }

    // A type, its declaring type, and those in its angle brackets.
    private static IEnumerable<Type> Parts(Type type)
        => (type.HasElementType ? Parts(type.GetElementType()!) : [type])
            .Concat(type.GenericTypeArguments.SelectMany(Parts));

    /// <summary>The types that a body's instructions name: ECMA-335, III.1.9.</summary>
    private static IEnumerable<Type> Named(MethodBase method)
    {
        if (method.GetMethodBody()?.GetILAsByteArray() is not { } il) yield break;
        var (ofType, ofMethod) = (Arguments(method.DeclaringType!), method.IsGenericMethod ? method.GetGenericArguments() : []);
        for (var at = 0; at < il.Length;)
        {
            var code = OpCodes[il[at] == 0xFE ? unchecked((short)(0xFE00 | il[at + 1])) : il[at]];
            at += code.Size;
            if (code.OperandType is OperandType.InlineMethod or OperandType.InlineField or OperandType.InlineType or OperandType.InlineTok)
            {
                var member = method.Module.ResolveMember(BitConverter.ToInt32(il, at), ofType, ofMethod)!;
                if (member is Type named) yield return named;
                if (member.DeclaringType is { } declaring) yield return declaring;
                if (member is MethodInfo called)
                {
                    yield return called.ReturnType;
                    foreach (var argument in called.GetGenericArguments()) yield return argument;
                }
            }
            at += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, at),
                _ => 4,
            };
        }
    }

    private static Type[] Arguments(Type type) => type.IsGenericType ? type.GetGenericArguments() : [];
}
