using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Eventing;

/// <summary>
/// What the modules tell Eventing at start-up: schema files, events, streams, projections, messages and lanes. Every
/// stored name is written out here and nowhere else.
/// </summary>
public sealed class EventingBuilder(IServiceCollection services)
{
    /// <summary>The stored events that were registered so far.</summary>
    public EventTypes EventTypes { get; } = new();

    /// <summary>The names of the kinds of stream that were registered so far.</summary>
    public IEnumerable<string> StreamNames => Streams.Values.Select(stream => stream.Name);

    internal EventTypes MessageTypes { get; } = new();
    internal List<(string Schema, Assembly Assembly)> Schemas { get; } =
    [("eventing", typeof(EventingBuilder).Assembly)];
    internal Dictionary<Type, StreamType> Streams { get; } = [];
    internal List<InlineProjection> InlineProjections { get; } = [];
    internal List<AsyncProjection> AsyncProjections { get; } = [];
    internal List<Subscription> Subscriptions { get; } = [];
    internal Dictionary<string, MessageType> Messages { get; } = new(StringComparer.Ordinal);
    internal Dictionary<string, int> Lanes { get; } = new(StringComparer.Ordinal);
    internal Dictionary<string, int> LaneLimits { get; } = new(StringComparer.Ordinal);

    /// <summary>How long a claimed message belongs to its worker; renewed six times in that while it is at work.</summary>
    internal TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>A module's schema; its files are embedded resources <c>Schema/NNNN_name.sql</c> of the assembly.</summary>
    public void Schema(string name, Assembly assembly) => Schemas.Add((name, assembly));

    /// <summary>An event in its newest version, for example <c>jobs.job_submitted.v2</c>.</summary>
    public void Event<T>(string storedName, JsonTypeInfo<T> json)
        where T : notnull => EventTypes.Add(storedName, json);

    /// <summary>An older version of an event, read as the newest.</summary>
    public void OldEvent<TOld, TNew>(string storedName, JsonTypeInfo<TOld> json, Func<TOld, TNew> upcast)
        where TNew : notnull => EventTypes.AddOld(storedName, json, upcast);

    /// <summary>A kind of stream whose state can be fetched for writing.</summary>
    /// <param name="name">Stored with each stream.</param>
    /// <param name="initial">The state before the first event.</param>
    /// <param name="evolve">State and event to the next state; pure.</param>
    /// <param name="json">How snapshots are stored.</param>
    /// <param name="snapshotSchema">Raise it when the state's shape changes.</param>
    public void Stream<TState>(
        string name,
        TState initial,
        Func<TState, object, TState> evolve,
        JsonTypeInfo<TState> json,
        int snapshotSchema = 1
    )
        where TState : notnull =>
        Streams.Add(typeof(TState), new StreamType<TState>(name, initial, evolve, json, snapshotSchema));

    /// <summary>A view that is written in the transaction that appends the events.</summary>
    public void Project(InlineProjection projection) => InlineProjections.Add(projection);

    /// <summary>A view that follows the log.</summary>
    public void Project(AsyncProjection projection) => AsyncProjections.Add(projection);

    /// <summary>Something that is to be done about events, once for each.</summary>
    public void Subscribe(Subscription subscription) => Subscriptions.Add(subscription);

    /// <summary>A lane of the queue: messages of one lane are claimed first in, first out.</summary>
    /// <param name="name">The lane's name.</param>
    /// <param name="parallelism">How many of its messages one host handles at once.</param>
    /// <param name="clusterLimit">
    /// How many of its messages all hosts together handle at once, if somebody outside counts: a provider. It halves
    /// when a handler says that the lane is busy, and grows back.
    /// </param>
    public void Lane(string name, int parallelism, int? clusterLimit = null)
    {
        Lanes.Add(name, parallelism);
        if (clusterLimit is { } limit)
            LaneLimits.Add(name, limit);
    }

    /// <summary>A message and its one handler.</summary>
    /// <param name="storedName">For example <c>jobs.synthesize_chunk.v1</c>.</param>
    /// <param name="lane">The lane that it waits in unless it is enqueued into another.</param>
    /// <param name="json">How it is stored.</param>
    /// <param name="maxAttempts">Failures after which it is a dead letter.</param>
    public void Message<TMessage, THandler>(
        string storedName,
        string lane,
        JsonTypeInfo<TMessage> json,
        int maxAttempts = 8
    )
        where TMessage : notnull
        where THandler : class, IMessageHandler<TMessage>
    {
        MessageTypes.Add(storedName, json);
        services.AddSingleton<THandler>();
        Messages.Add(
            storedName,
            new MessageType(
                storedName,
                lane,
                maxAttempts,
                (provider, message, context, stop) =>
                    provider.GetRequiredService<THandler>().HandleAsync((TMessage)message, context, stop),
                (provider, message, context, error, stop) =>
                    provider.GetRequiredService<THandler>().GiveUpAsync((TMessage)message, context, error, stop)
            )
        );
    }
}

internal sealed record MessageType(
    string Name,
    string Lane,
    int MaxAttempts,
    Func<IServiceProvider, object, MessageContext, CancellationToken, Task> Handle,
    Func<IServiceProvider, object, MessageContext, Exception, CancellationToken, Task> GiveUp
);
