using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Identity;
using ScaleHub.Worker.Seeding;

namespace ScaleHub.Worker.Commands;

/// <summary><c>seed</c>: fills the database with made-up companies, users and tasks; <see cref="SeedOptions.Usage"/> says
/// how.</summary>
internal static class SeedCommand
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args is ["--help" or "-h"])
        {
            Console.WriteLine(SeedOptions.Usage);
            return 0;
        }
        var (options, problem) = SeedOptions.Parse(args);
        if (options is null)
        {
            await Console.Error.WriteLineAsync($"{problem}{Environment.NewLine}{SeedOptions.Usage}");
            return 2;
        }
        return await OwnerHost.RunAsync("seed", _ => { }, async (_, owner, cancellationToken) =>
        {
            var start = Stopwatch.GetTimestamp();
            var password = options.Password ?? Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(12));
            // One hash for all: hashing is slow on purpose, and these users are not real.
            var seeder = new Seeder(owner, options, new PasswordHasher<object>().HashPassword(options, password));
            var result = await SeedProgress.ShowAsync(options.Tasks, progress => seeder.RunAsync(progress, cancellationToken));
            Console.WriteLine(Summary(result, Stopwatch.GetElapsedTime(start)));
            Console.WriteLine(result.Skipped == 0
                ? $"Owner of the largest company: {seeder.LargestOwner}, password {password}"
                : $"Passwords of companies that were there are as they were; of new ones: {password}");
        });
    }

    private static string Summary(SeedResult result, TimeSpan time) => string.Create(CultureInfo.InvariantCulture,
        $"Wrote {result.Companies:N0} companies, {result.Users:N0} users and {result.Tasks:N0} tasks " +
        $"in {time.TotalSeconds:0.0} s; {result.Skipped:N0} companies were there already.");
}
