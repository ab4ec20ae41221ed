using Microsoft.AspNetCore.Identity;
using Microsoft.Extensions.Options;
using ScaleHub.Http.Errors;

namespace ScaleHub.Modules.Identity.Authentication;

/// <summary>
/// Hashes and verifies passwords with ASP.NET Core's hasher, a few at a time.
/// <para>Guarantee: whoever tries to sign in costs one verification, whether the address exists or not. Hashing is slow on
/// purpose (tens of milliseconds of a processor), so at most half of the processors do it, and the rest go on serving; beyond the
/// queue it is <see cref="HashingBusyException"/> at once.</para>
/// </summary>
public sealed class Passwords : IDisposable
{
    private readonly IPasswordHasher<User> _hasher;
    private readonly Lazy<string> _nobodys;
    private readonly SemaphoreSlim _turns;
    private readonly int _most;
    private int _here;

    /// <summary>Reads the bounds.</summary>
    public Passwords(IPasswordHasher<User> hasher, IOptions<IdentityOptions> options)
    {
        _hasher = hasher;
        // Of the same algorithm and work as a real one.
        _nobodys = new(() => hasher.HashPassword(null!, Guid.NewGuid().ToString()));
        var atOnce = options.Value.HashesAtOnce is > 0 and var set ? set : Math.Max(1, Environment.ProcessorCount / 2);
        (_turns, _most) = (new(atOnce), atOnce + options.Value.HashQueue);
    }

    /// <summary>A new hash.</summary>
    /// <exception cref="HashingBusyException">Too many wait already.</exception>
    public Task<string> HashAsync(string password, CancellationToken cancellationToken)
        => InTurnAsync(() => _hasher.HashPassword(null!, NewPassword.Normalize(password)), cancellationToken);

    /// <summary>Whether the password is the hash's. Without a hash it is not, after the same work.</summary>
    /// <exception cref="HashingBusyException">Too many wait already.</exception>
    public async Task<bool> VerifyAsync(string? hash, string password, CancellationToken cancellationToken)
        => await InTurnAsync(() => _hasher.VerifyHashedPassword(null!, hash ?? _nobodys.Value, NewPassword.Normalize(password)), cancellationToken)
            != PasswordVerificationResult.Failed && hash is not null;

    private async Task<T> InTurnAsync<T>(Func<T> work, CancellationToken cancellationToken)
    {
        try
        {
            if (Interlocked.Increment(ref _here) > _most) throw new HashingBusyException();
            await _turns.WaitAsync(cancellationToken);
            try
            {
                return work();
            }
            finally
            {
                _turns.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _here);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _turns.Dispose();
}

/// <summary>
/// More sign in at the moment than there is time to verify passwords for; trying again later may succeed (503).
/// </summary>
public sealed class HashingBusyException() : UnavailableException("Too many people sign in at the moment. Try again shortly.");
