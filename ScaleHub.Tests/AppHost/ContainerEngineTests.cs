using ScaleHub.Testing;

namespace ScaleHub.Tests.AppHost;

/// <summary>The choice of containers, with engines that answer as real ones do; none of them starts anything.</summary>
public sealed class ContainerEngineTests : IDisposable
{
    private readonly string _programs = Directory.CreateTempSubdirectory("scalehub-engine-").FullName;

    [Fact]
    public async Task A_Podman_before_5_is_refused_in_one_sentence()
    {
        // As 4.3 does: the template knows no containers of a network.
        Write("podman", """case "$1" in info) echo host ;; *) echo "can't evaluate field Containers" >&2; exit 125 ;; esac""");
        await AssertRefusedAsync("this Podman is older: update it");
    }

    [Fact]
    public async Task An_engine_that_does_not_answer_is_none()
    {
        Write("podman", "exit 125");
        await AssertRefusedAsync("neither answers: start one");
    }

    public void Dispose() => Directory.Delete(_programs, recursive: true);

    private async Task AssertRefusedAsync(string why)
    {
        await using var process = AppHostProcess.Start(["--servers", "containers"],
            ("PATH", $"{_programs}:{Environment.GetEnvironmentVariable("PATH")}"), ("ASPIRE_CONTAINER_RUNTIME", "podman"));
        await process.EndAsync();
        Assert.Equal(1, process.ExitCode);
        Assert.Contains($"--servers containers needs Docker, or Podman 5.0 or newer; {why}, or use --servers native.", process.Errors);
    }

    private void Write(string program, string script)
    {
        var path = Path.Combine(_programs, program);
        File.WriteAllText(path, $"#!/bin/sh\n{script}\n");
        if (!OperatingSystem.IsWindows()) File.SetUnixFileMode(path, (UnixFileMode)0b111_101_101);
    }
}
