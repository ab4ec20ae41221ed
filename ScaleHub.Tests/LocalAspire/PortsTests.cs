using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using ScaleHub.LocalAspire;

namespace ScaleHub.Tests.LocalAspire;

public sealed class PortsTests
{
    [Fact]
    public void A_port_that_is_taken_moves_to_the_next_free_one()
    {
        using var other = Listen(0);
        var taken = Port(other);
        using var ports = new Ports();
        Assert.InRange(ports.HoldFrom("lb", taken, isFixed: false), taken + 1, taken + 99);
    }

    [Fact]
    public void A_fixed_port_that_is_taken_is_an_error_that_names_it()
    {
        using var other = Listen(0);
        using var ports = new Ports();
        var error = Assert.Throws<StartException>(() => ports.HoldFrom("lb", Port(other), isFixed: true));
        Assert.Contains($"port {Port(other)} is taken", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_server_can_listen_on_the_port_that_is_held_for_it()
    {
        int port;
        using (var other = Listen(0))
        {
            port = Port(other);
        }
        using var ports = new Ports();
        var held = ports.HoldFrom("lb", port, isFixed: false);
        using var server = Listen(held);
        Assert.Equal(held, Port(server));
    }

    [Fact]
    public async Task A_broken_start_says_one_line_and_ends_with_1()
    {
        // Port 8080 is held, if it is not held already; and if a graph of this clone is running, that is the one line.
        using var other = new TcpListener(IPAddress.Any, 8080);
        try
        {
            other.Start();
        }
        catch (SocketException)
        {
            // Somebody holds it: just as well.
        }
        var project = Projects.ScaleHub_AppHost.ProjectPath;
        var program = Path.Combine(project, "bin", AppHostMetadata.OutputFolder(typeof(Projects.ScaleHub_AppHost).Assembly), "ScaleHub.AppHost.dll");
        using var process = Process.Start(new ProcessStartInfo("dotnet", ["exec", program, "--fixed-ports"])
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        })!;
        var output = process.StandardOutput.ReadToEndAsync();
        var error = await process.StandardError.ReadToEndAsync();
        await process.WaitForExitAsync();
        await output;
        Assert.Equal(1, process.ExitCode);
        Assert.Single(error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    private static TcpListener Listen(int port)
    {
        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        return listener;
    }

    private static int Port(TcpListener listener) => ((IPEndPoint)listener.LocalEndpoint).Port;
}
