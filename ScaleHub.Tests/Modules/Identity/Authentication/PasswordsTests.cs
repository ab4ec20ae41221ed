using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using ScaleHub.Modules.Identity;
using ScaleHub.Modules.Identity.Authentication;
using ScaleHub.Testing;
using IdentityOptions = ScaleHub.Modules.Identity.Authentication.IdentityOptions;

namespace ScaleHub.Tests.Modules.Identity.Authentication;

public sealed class PasswordsTests
{
    [Fact]
    public async Task An_address_that_does_not_exist_costs_the_same_verification_of_the_same_work()
    {
        var hasher = new CountingHasher();
        using var passwords = new Passwords(hasher, Options.Create(new IdentityOptions()));
        var real = await passwords.HashAsync("a password", CancellationToken.None);

        Assert.False(await passwords.VerifyAsync(null, "a password", CancellationToken.None));
        Assert.False(await passwords.VerifyAsync(real, "another", CancellationToken.None));
        Assert.True(await passwords.VerifyAsync(real, "a password", CancellationToken.None));

        Assert.Equal(3, hasher.Verified.Count);
        // Format, algorithm, rounds and length of the salt: what the work depends on.
        Assert.Single(hasher.Verified.Select(h => Convert.ToHexString(Convert.FromBase64String(h)[..13])).Distinct());
        Assert.Single(hasher.Verified.Select(h => h.Length).Distinct());
    }

    [Fact]
    public async Task No_more_passwords_are_hashed_at_a_time_than_set_and_no_more_wait_than_set()
    {
        using var gate = new SemaphoreSlim(0);
        var hasher = new CountingHasher { Gate = gate };
        using var passwords = new Passwords(hasher, Options.Create(new IdentityOptions { HashesAtOnce = 2, HashQueue = 3 }));
        var work = Enumerable.Range(0, 2).Select(_ => Task.Run(VerifyAsync)).ToList();
        await Poll.UntilAsync(() => Task.Run(() => Assert.Equal(2, hasher.Most)));
        work.AddRange(Enumerable.Range(0, 3).Select(_ => VerifyAsync()));
        await Assert.ThrowsAsync<HashingBusyException>(VerifyAsync);
        gate.Release(5);
        await Task.WhenAll(work);
        Assert.Equal(2, hasher.Most);

        Task<bool> VerifyAsync() => passwords.VerifyAsync("x", "y", CancellationToken.None);
    }

    private sealed class CountingHasher : IPasswordHasher<User>
    {
        private readonly PasswordHasher<User> _real = new();
        private int _now, _most;

        public SemaphoreSlim? Gate { get; init; }

        public List<string> Verified { get; } = [];

        public int Most => Volatile.Read(ref _most);

        public string HashPassword(User user, string password) => _real.HashPassword(user, password);

        public PasswordVerificationResult VerifyHashedPassword(User user, string hashedPassword, string providedPassword)
        {
            var now = Interlocked.Increment(ref _now);
            Interlocked.Exchange(ref _most, Math.Max(Volatile.Read(ref _most), now));
            Gate?.Wait();
            Interlocked.Decrement(ref _now);
            if (Gate is not null) return PasswordVerificationResult.Failed;
            Verified.Add(hashedPassword);
            return _real.VerifyHashedPassword(user, hashedPassword, providedPassword);
        }
    }
}
