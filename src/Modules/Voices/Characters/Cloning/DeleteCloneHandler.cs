using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters.Cloning;

/// <summary>
/// Deletes a clone at its provider. If that can't be done, as without a key, the message becomes a dead letter, which
/// names the voice for an operator who then deletes it by hand.
/// </summary>
internal sealed class DeleteCloneHandler(
    EventStore store,
    IEnumerable<IVoiceCloner> cloners,
    EngineKeys keys,
    RecordedCalls calls
) : IMessageHandler<DeleteClone>
{
    public async Task HandleAsync(DeleteClone message, MessageContext context, CancellationToken stop)
    {
        var workspace = context.Session.Context.Workspace;
        var cloner =
            cloners.FirstOrDefault(cloner => cloner.Name == message.Provider)
            ?? throw new GiveUpException(
                $"There is no {message.Provider} any more to delete the voice {message.Voice} at."
            );
        var key = await keys.FindAsync(workspace, message.Provider, stop);
        var call = new ProviderCall(store.NewId(), cloner.Name, "voice_clone", "delete", "voice", 0)
        {
            Workspace = workspace,
        };
        try
        {
            await calls.AskAsync(
                call,
                async patience =>
                {
                    await cloner.DeleteAsync(message.Voice, new CallContext(key, call.Id), patience);
                    return true;
                },
                stop
            );
        }
        catch (ProviderException failure) when (!failure.IsTransient)
        {
            throw new GiveUpException(failure.Message, failure);
        }
        catch (ProviderException failure) when (failure.RetryAfter is { } delay)
        {
            throw new RetryLaterException(failure.Message, delay, inner: failure);
        }

        RecordedCalls.Succeeded(context.Session, call);
        context.Session.Append<Character>(message.Character, new CloneDeleted(message.Provider, message.Voice));
    }

    public Task GiveUpAsync(DeleteClone message, MessageContext context, Exception error, CancellationToken stop) =>
        Task.CompletedTask;
}
