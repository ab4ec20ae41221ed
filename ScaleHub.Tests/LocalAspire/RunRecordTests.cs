using System.Diagnostics;
using ScaleHub.LocalAspire;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.LocalAspire;

public sealed class RunRecordTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("scalehub-run-").FullName;
    private readonly List<Process> _strangers = [];

    public void Dispose()
    {
        foreach (var process in _strangers)
        {
            process.Kill();
            process.Dispose();
        }

        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public void A_second_AppHost_in_the_directory_is_told_who_holds_it()
    {
        using var first = RunRecord.Open(_directory);
        var failure = Assert.Throws<AlreadyRunningException>(() => RunRecord.Open(_directory));
        Assert.Equal(Environment.ProcessId, failure.Pid);
        Assert.Contains(_directory, failure.Message);
    }

    [Fact]
    public void The_directory_is_free_again_after_a_run()
    {
        RunRecord.Open(_directory).Dispose();
        RunRecord.Open(_directory).Dispose();
    }

    [Fact]
    public async Task Kill_9_of_the_AppHost_takes_children_and_what_they_started_and_the_next_start_works()
    {
        var host = StartHost();
        var pids = new List<int>();
        while (pids.Count < 2)
            pids.Add(int.Parse((await host.StandardOutput.ReadLineAsync().WaitAsync(TimeSpan.FromSeconds(20)))!));
        Assert.All(pids, pid => Assert.True(IsAlive(pid)));
        Assert.Throws<AlreadyRunningException>(() => RunRecord.Open(_directory));

        host.Kill();

        await Poll.UntilAsync(() => !pids.Any(IsAlive));
        RunRecord.Open(_directory).Dispose();
    }

    [Fact]
    public void A_survivor_of_a_killed_run_is_swept_with_its_descendants()
    {
        var leader = StartSession("sleep 600 & echo $!; wait");
        var grandchild = int.Parse(leader.StandardOutput.ReadLine()!);
        WriteRecord($"+ {leader.Id} {ProcessTable.Find(leader.Id)!.Value.StartTime} bash");

        RunRecord.Open(_directory).Dispose();

        Assert.False(IsAlive(leader.Id));
        Assert.False(IsAlive(grandchild));
    }

    [Fact]
    public async Task Orphans_of_a_dead_child_are_swept_if_they_carry_the_runs_mark()
    {
        var orphans = new List<int>();
        foreach (var run in (string[])["run-1", "another-run"])
        {
            var leader = StartSession("sleep 600 >/dev/null & echo $!", run);
            WriteRecord($"+ {leader.Id} {ProcessTable.Find(leader.Id)?.StartTime ?? 1} anything", append: orphans.Count > 0);
            orphans.Add(int.Parse(leader.StandardOutput.ReadLine()!));
            await leader.WaitForExitAsync();
        }

        RunRecord.Open(_directory).Dispose();

        Assert.False(IsAlive(orphans[0]));
        Assert.True(IsAlive(orphans[1]));
        Process.GetProcessById(orphans[1]).Kill();
    }

    [Fact]
    public void A_process_that_was_given_an_old_number_again_is_left_alone()
    {
        var stranger = StartSession("sleep 600");
        WriteRecord($"+ {stranger.Id} {ProcessTable.Find(stranger.Id)!.Value.StartTime - 100} bash");
        RunRecord.Open(_directory).Dispose();
        Assert.True(IsAlive(stranger.Id));
    }

    [Fact]
    public void A_child_that_had_ended_and_a_torn_last_line_are_passed_over()
    {
        var stranger = StartSession("sleep 600");
        var start = ProcessTable.Find(stranger.Id)!.Value.StartTime;
        WriteRecord($"+ {stranger.Id} {start} bash\n- {stranger.Id}\n+ {stranger.Id}");
        RunRecord.Open(_directory).Dispose();
        Assert.True(IsAlive(stranger.Id));
    }

    [Fact]
    public void A_record_from_before_the_last_boot_kills_nobody()
    {
        var stranger = StartSession("sleep 600");
        WriteRecord($"+ {stranger.Id} {ProcessTable.Find(stranger.Id)!.Value.StartTime} bash", bootId: "another-boot");
        RunRecord.Open(_directory).Dispose();
        Assert.True(IsAlive(stranger.Id));
    }

    private static bool IsAlive(int pid) => ProcessTable.Find(pid)?.IsAlive ?? false;

    private Process StartSession(string script, string mark = "") => Start("setsid", ["bash", "-c", script], mark);

    private Process StartHost() =>
        Start("dotnet", [typeof(VictimHost).Assembly.Location, VictimHost.Argument, _directory], mark: "");

    private Process Start(string program, string[] arguments, string mark)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true };
        info.Environment[RunRecord.EnvironmentMark] = mark;
        var process = Process.Start(info)!;
        _strangers.Add(process);
        return process;
    }

    private void WriteRecord(string children, string? bootId = null, bool append = false)
    {
        bootId ??= File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        var path = Path.Combine(_directory, "run");
        if (append)
            File.AppendAllText(path, $"\n{children}");
        else
            File.WriteAllText(path, $"run run-1 {bootId} 1 1\n{children}");
    }
}
