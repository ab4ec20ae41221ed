using System.Net.Http.Json;
using ScaleHub.Testing;

namespace ScaleHub.Perf.Run.Servers;

/// <summary>What rows do with a company of their own.</summary>
internal static class Accounts
{
    /// <summary>A title as long as people write it.</summary>
    public static string Title(int number) => $"Call supplier {number} about the delivery that is late";

    /// <summary>Makes tasks through the API.</summary>
    public static async Task MakeTasksAsync(this Account account, int count)
    {
        for (var i = 0; i < count; i++)
            (await account.Client.PostAsJsonAsync("/api/v1/tasks", new { title = Title(i) })).EnsureSuccessStatusCode();
    }
}
