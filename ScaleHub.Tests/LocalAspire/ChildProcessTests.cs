using System.Collections.Concurrent;
using ScaleHub.LocalAspire;
using ScaleHub.Tests.Support;

namespace ScaleHub.Tests.LocalAspire;

public sealed class ChildProcessTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("scalehub-child-").FullName;
    private readonly RunRecord _record;
    private readonly ConcurrentQueue<(string Line, bool IsError)> _lines = new();

    public ChildProcessTests() => _record = RunRecord.Open(_directory);

    public void Dispose()
    {
        _record.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("exit 37", 37)]
    [InlineData("kill -TERM $$", 143)]
    public async Task Exit_code_is_the_programs_own(string script, int expected)
    {
        var child = await StartAsync(script);
        Assert.Equal(expected, await child.Exited);
    }

    [Fact]
    public async Task A_variable_whose_name_is_no_shell_identifier_arrives()
    {
        var start = Start("");
        var environment = new Dictionary<string, string>(start.Environment) { ["ConnectionStrings__pg-replica-1"] = "Host=here" };
        var child = await ChildProcess.StartAsync(
            start with { FileName = "env", Arguments = [], Environment = environment }, _record, CancellationToken.None);
        Assert.Equal(0, await child.Exited);
        Assert.Contains(("ConnectionStrings__pg-replica-1=Host=here", false), _lines);
    }

    [Fact]
    public async Task Output_is_complete_when_the_exit_is_reported()
    {
        var child = await StartAsync("for i in $(seq 5000); do echo line $i; done; echo oops >&2; printf unfinished");
        await child.Exited;

        Assert.Equal(5001, _lines.Count(line => !line.IsError));
        Assert.Contains(("line 5000", false), _lines);
        Assert.Contains(("unfinished", false), _lines);
        Assert.Equal([("oops", true)], _lines.Where(line => line.IsError));
    }

    [Fact]
    public async Task A_line_without_end_arrives_in_pieces()
    {
        var child = await StartAsync("head -c 40000 /dev/zero | tr '\\0' x");
        await child.Exited;

        Assert.Equal(40000, _lines.Sum(line => line.Line.Length));
        Assert.All(_lines, line => Assert.InRange(line.Line.Length, 1, LinePump.MaxLineLength));
    }

    [Fact]
    public async Task A_failing_receiver_does_not_block_the_child()
    {
        var start = Start("seq 100000; exit 3") with { OnLine = (_, _) => throw new InvalidOperationException("receiver") };
        var child = await ChildProcess.StartAsync(start, _record, CancellationToken.None);
        await Assert.ThrowsAsync<InvalidOperationException>(() => child.Exited.WaitAsync(TimeSpan.FromSeconds(10)));
    }

    [Fact]
    public async Task Gets_arguments_environment_directory_and_input_as_given()
    {
        var start = Start("printf '%s|' \"$@\"; echo; echo $GREETING $HOME; pwd; cat") with { StandardInput = "from stdin" };
        start = start with { Arguments = [.. start.Arguments, "shell", "a b", "$(id)", ""] };
        var child = await ChildProcess.StartAsync(start, _record, CancellationToken.None);
        await child.Exited;
        Assert.Equal(["a b|$(id)||", "hello", _directory, "from stdin"], _lines.Select(line => line.Line));
    }

    [Fact]
    public async Task Leads_a_session_of_its_own()
    {
        var child = await StartAsync("cut -d' ' -f1,6 /proc/$$/stat");
        await child.Exited;
        Assert.Equal($"{child.Pid} {child.Pid}", Assert.Single(_lines).Line);
    }

    [Fact]
    public async Task Stop_sends_the_signal_that_was_asked_for()
    {
        var child = await StartAsync("trap 'echo asked; exit 5' INT; echo ready; while :; do sleep 0.01; done");
        await Poll.UntilAsync(() => _lines.Contains(("ready", false)));
        await child.StopAsync(ProcessTable.SigInt, TimeSpan.FromSeconds(10));
        Assert.Equal(5, await child.Exited);
        Assert.Contains(("asked", false), _lines);
    }

    [Fact]
    public async Task Stop_kills_a_stubborn_program_and_its_descendants()
    {
        // One grandchild in the session, one that made a session of its own, as PostgreSQL's backends do.
        var child = await StartAsync("trap '' INT; sleep 600 & echo $!; setsid sleep 600 & echo $!; echo ready; while :; do wait; done");
        await Poll.UntilAsync(() => _lines.Contains(("ready", false)));
        var grandchildren = _lines.Take(2).Select(line => int.Parse(line.Line)).ToList();
        Assert.All(grandchildren, pid => Assert.True(ProcessTable.Find(pid)?.IsAlive));

        await child.StopAsync(ProcessTable.SigInt, TimeSpan.FromMilliseconds(50));

        Assert.Equal(137, await child.Exited);
        foreach (var pid in grandchildren) await GoneAsync(pid);
    }

    [Fact]
    public async Task What_a_program_leaves_behind_ends_with_it()
    {
        var child = await StartAsync("sleep 600 & echo $!");
        Assert.Equal(0, await child.Exited.WaitAsync(TimeSpan.FromSeconds(10)));
        await GoneAsync(int.Parse(Assert.Single(_lines).Line));
    }

    /// <summary>It has been killed by now; the kernel may take a moment to see to it.</summary>
    private static Task GoneAsync(int pid) => Poll.UntilAsync(() => !(ProcessTable.Find(pid)?.IsAlive ?? false), seconds: 5);

    [Fact]
    public async Task Runs_as_another_user()
    {
        if (!Environment.IsPrivilegedProcess)
            return; // only root can change the user

        var start = Start("id -un; id -gn; grep -c . /etc/shadow") with { RunAsUser = "nobody", WorkingDirectory = "/" };
        var child = await ChildProcess.StartAsync(start, _record, CancellationToken.None);
        Assert.NotEqual(0, await child.Exited);
        var output = _lines.Where(line => !line.IsError).Select(line => line.Line).ToList();
        Assert.Equal("nobody", output[0]);
        Assert.NotEqual("root", output[1]);
    }

    [Fact]
    public async Task A_program_that_does_not_exist_is_named()
    {
        var start = Start("") with { FileName = "no-such-server" };
        var failure = await Assert.ThrowsAsync<StartException>(
            () => ChildProcess.StartAsync(start, _record, CancellationToken.None));
        Assert.Contains("no-such-server", failure.Message);
    }

    private Task<ChildProcess> StartAsync(string script) =>
        ChildProcess.StartAsync(Start(script), _record, CancellationToken.None);

    private ChildStart Start(string script) => new(
        "bash", ["-c", script], new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["GREETING"] = "hello" },
        _directory, RunAsUser: null, StandardInput: null, (line, isError) => _lines.Enqueue((line, isError)));
}
