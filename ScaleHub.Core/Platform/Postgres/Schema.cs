using System.Reflection;
using Microsoft.EntityFrameworkCore;

namespace ScaleHub.Core.Platform.Postgres;

/// <summary>Where entities, their mappings and the migrations are: in the platform, and in the assemblies of the modules.</summary>
public sealed class Schema(params Assembly[] modules)
{
    private readonly Assembly[] _assemblies = [typeof(Schema).Assembly, .. modules];

    /// <summary>
    /// The embedded <c>Migrations/NNNN_name.sql</c> of all assemblies, in order of their numbers, which are one sequence.
    /// </summary>
    /// <exception cref="MigrationException">Two files have one number: their order would be chance.</exception>
    public IReadOnlyList<(string Name, string Sql)> Migrations()
    {
        var files = (from assembly in _assemblies
                     from resource in assembly.GetManifestResourceNames()
                     where resource.EndsWith(".sql", StringComparison.Ordinal)
                     select (Name: resource.Split('.')[^2], Sql: Read(assembly, resource)))
            .OrderBy(file => file.Name, StringComparer.Ordinal).ToList();
        foreach (var (earlier, later) in files.Zip(files.Skip(1)))
            if (earlier.Name[..4] == later.Name[..4])
                throw new MigrationException($"{earlier.Name}.sql and {later.Name}.sql have the same number. Give the newer one another.");
        return files;
    }

    /// <summary>Applies every mapping.</summary>
    internal void Map(ModelBuilder model)
    {
        foreach (var assembly in _assemblies) model.ApplyConfigurationsFromAssembly(assembly);
    }

    /// <summary>An enum is a <see cref="SnakeCaseEnum{T}"/> in every column; a mapping need not say so.</summary>
    internal void MapEnums(ModelConfigurationBuilder conventions)
    {
        foreach (var type in _assemblies.SelectMany(a => a.GetTypes()).Where(t => t.IsEnum))
            conventions.Properties(type).HaveConversion(typeof(SnakeCaseEnum<>).MakeGenericType(type));
    }

    private static string Read(Assembly assembly, string resource)
    {
        using var reader = new StreamReader(assembly.GetManifestResourceStream(resource)!);
        return reader.ReadToEnd().ReplaceLineEndings("\n");
    }
}
