namespace Lectern.Eventing;

/// <summary>Something that reads the log in order; what it makes of the events and its position commit together.</summary>
public abstract class LogFollower
{
    /// <summary>For operators and for its position: <c>module.name</c>.</summary>
    public abstract string Name { get; }

    /// <summary>Raised when tables or rules of a projection change; a subscription has no second one.</summary>
    public abstract int Version { get; }

    /// <summary>So many events at most are given to it at once; fewer where it makes much of each.</summary>
    public virtual int MostAtOnce => ProjectionDaemon.MostAtOnce;

    /// <summary>The types of event that it follows.</summary>
    public abstract IReadOnlyList<Type> Events { get; }
}
