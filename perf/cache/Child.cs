using System.Diagnostics;

namespace ScaleHub.Perf.Cache;

/// <summary>An instance in a process of its own, to be killed or to have another clock.</summary>
internal sealed class Child : IDisposable
{
    private readonly Process _process;

    private Child(Process process) => _process = process;

    /// <summary>This program again, to do <paramref name="what"/>.</summary>
    public static Child Start(Contender contender, World world, string what, params string[] wrapper)
    {
        string[] command = [.. wrapper, Environment.ProcessPath!, "child", what, contender.Name, world.Redis.Address, $"{world.Company}"];
        return new(Process.Start(new ProcessStartInfo(command[0], command[1..])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            // The offset is for the time of day alone; timers run as they do elsewhere.
            Environment = { ["FAKETIME_DONT_FAKE_MONOTONIC"] = "1", ["DONT_FAKE_MONOTONIC"] = "1" },
        })!);
    }

    /// <summary>What the process does that <see cref="Start"/> started.</summary>
    public static async Task RunAsync(string what, string contender, string redis, Guid company)
    {
        var instance = await Contender.All.First(c => c.Name == contender).StartAsync(redis);
        if (what == "hang")
        {
            await instance.GetAsync(company, World.Key, () =>
            {
                Console.WriteLine("loading");
                return new TaskCompletionSource<byte[]>().Task;
            });
            // A limit of its own may end the wait, not the load.
            await Task.Delay(Timeout.Infinite);
        }
        Console.WriteLine("ready");
        Console.ReadLine();
        await instance.RemoveTagAsync(company);
        Console.WriteLine("done");
        Console.ReadLine();
        await instance.DisposeAsync();
    }

    public async Task SaysAsync(string word)
    {
        var said = await _process.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(30));
        if (said != word) throw new InvalidOperationException($"The child process said '{said}' instead of '{word}'.");
    }

    public async Task TellAsync() => await _process.StandardInput.WriteLineAsync();

    /// <summary>kill -9.</summary>
    public void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited) Kill();
        _process.Dispose();
    }
}
