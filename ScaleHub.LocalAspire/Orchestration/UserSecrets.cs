using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.Configuration.UserSecrets;

namespace ScaleHub.LocalAspire;

/// <summary>The file that <c>dotnet user-secrets</c> reads and writes: flat JSON, readable by its owner alone.</summary>
internal sealed class UserSecrets(string id)
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };
    private static readonly Lock WriteLock = new();

    private readonly string _file = PathHelper.GetSecretsPathFromSecretsId(id);

    public IConfigurationSource Source()
    {
        var source = new JsonConfigurationSource { Path = _file, Optional = true };
        source.ResolveFileProvider();
        return source;
    }

    public void Set(string key, string value)
    {
        lock (WriteLock)
        {
            var folder = Path.GetDirectoryName(_file)!;
            Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            var secrets = File.Exists(_file) ? JsonNode.Parse(File.ReadAllText(_file))!.AsObject() : [];
            secrets[key] = value;
            // Written aside and moved, so that a crash leaves the old secrets and not half of the new ones.
            var aside = $"{_file}.{Environment.ProcessId}";
            using (var stream = new FileStream(aside, new FileStreamOptions
            {
                Mode = FileMode.Create,
                Access = FileAccess.Write,
                UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
            }))
            {
                JsonSerializer.Serialize(stream, secrets, Indented);
            }
            File.Move(aside, _file, overwrite: true);
        }
    }
}
