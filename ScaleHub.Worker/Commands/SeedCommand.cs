namespace ScaleHub.Worker.Commands;

internal static class SeedCommand
{
    public static Task<int> RunAsync(string[] args) => throw new CommandException($"seed {string.Join(' ', args)}");
}
