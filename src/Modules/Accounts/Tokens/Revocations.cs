using System.Collections.Frozen;

namespace Lectern.Accounts.Tokens;

/// <summary>
/// What is not to be stood on any more, as of the last look at the database: sessions, memberships, API keys. Few at any
/// time, since a row outlives the last access token that names it by minutes only.
/// </summary>
internal sealed class Revocations
{
    private volatile FrozenSet<Guid> _subjects = [];

    /// <summary>What was revoked as of now; it doesn't change any more.</summary>
    public IReadOnlySet<Guid> Known => _subjects;

    /// <summary>Whether this was revoked.</summary>
    public bool Contains(Guid subject) => _subjects.Contains(subject);

    /// <summary>Takes over what the database says.</summary>
    public void Use(IEnumerable<Guid> subjects) => _subjects = subjects.ToFrozenSet();
}
