namespace Lectern.Eventing;

/// <summary>Placeholder, replaced by the real registration.</summary>
public sealed class EventingBuilder;
