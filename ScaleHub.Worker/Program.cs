using ScaleHub.ServiceDefaults.Startup;
using ScaleHub.Worker.Commands;

const string Usage = """
    Usage: ScaleHub.Worker [command]

      run        Work until stopped (the default). Health at /health/live and /health/ready on ASPNETCORE_URLS.
      migrate    Bring the database schema up to date, then exit.
      seed       Fill the database with made-up data; see 'seed --help'.
      size       Say what a load needs: servers, pools, memory, disk; see 'size --help'.
      operator --email ADDRESS [--remove]
                 Make an operator of the platform, or give one a new password: SCALEHUB_OPERATOR_PASSWORD, or one that is shown.
      rotate-keys [--revoke]
                 Make a new signing key; --revoke also ends every access token at once.

    Needs ConnectionStrings__scalehub, except for 'size'; all but 'run' as the schema's owner. Exit codes: 0 done, 1 failed, 2 wrong usage.
    """;

return await ClearErrors.RunAsync(() => args switch
{
    [] or ["run"] => RunCommand.RunAsync(args),
    ["migrate"] => MigrateCommand.RunAsync(),
    ["seed", .. var rest] => SeedCommand.RunAsync(rest),
    ["size", .. var rest] => SizeCommand.RunAsync(rest),
    ["operator", "--email", var email] => OperatorCommand.RunAsync(email, remove: false),
    ["operator", "--email", var email, "--remove"] => OperatorCommand.RunAsync(email, remove: true),
    ["rotate-keys"] => RotateKeysCommand.RunAsync(revoke: false),
    ["rotate-keys", "--revoke"] => RotateKeysCommand.RunAsync(revoke: true),
    ["--help" or "-h" or "help"] => PrintAsync(Console.Out, exitCode: 0),
    _ => PrintAsync(Console.Error, exitCode: 2),
});

static async Task<int> PrintAsync(TextWriter writer, int exitCode)
{
    await writer.WriteLineAsync(Usage);
    return exitCode;
}
