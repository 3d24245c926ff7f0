namespace Lectern.Eventing;

internal static class EnqueueStatement
{
    /// <summary>Adds the statement that puts a message into the queue, and answers with its lane.</summary>
    public static string Enqueue(
        this SqlStatements sql,
        EventStore store,
        object message,
        SessionContext context,
        string? traceparent,
        Guid? group,
        TimeSpan? delay,
        string? lane
    )
    {
        var (name, json) = store.Model.MessageTypes.Write(message);
        lane ??= store.Model.Messages[name].Lane;
        if (!store.Model.Lanes.ContainsKey(lane))
            throw new ArgumentException($"There is no lane {lane}: its messages would wait for ever.", nameof(lane));
        sql.Add(
            """
            insert into eventing.messages (id, lane, type, data, workspace_id, group_id, actor, correlation_id, causation_id, traceparent, state, due_at, credential)
            values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, now() + $12, $13)
            """,
            store.NewId(),
            lane,
            name,
            new Jsonb(json),
            context.Workspace,
            Typed.Uuid(group),
            context.Actor,
            context.Correlation,
            Typed.Uuid(context.Causation),
            Typed.Text(traceparent),
            delay > TimeSpan.Zero ? "delayed" : "ready",
            delay ?? TimeSpan.Zero,
            Typed.Text(context.Credential)
        );
        return lane;
    }
}
