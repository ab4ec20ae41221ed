using ScaleHub.Core.Platform.Events;
using ScaleHub.Core.Platform.Tenancy;

namespace ScaleHub.Modules.Identity;

/// <summary>What a company can hear of its users.</summary>
internal static class UserEvents
{
    public static readonly EventType<UserResponse> Joined = new("user.joined", "Somebody was added, or accepted an invitation.",
        new(Guid.Parse("01a217e1-0704-759f-b784-0d15b44e9001"), "bob@company.example", Roles.Member,
            new(2027, 3, 1, 10, 0, 0, TimeSpan.Zero), null));
}
