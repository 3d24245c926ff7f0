using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters.Cloning;

/// <summary>
/// Deletes a clone at its provider. If that can't be done, as without a key, the message becomes a dead letter, which
/// names the voice for an operator who then deletes it by hand.
/// </summary>
internal sealed class DeleteCloneHandler(EventStore store, EngineSet known, EngineCalls engines)
    : IMessageHandler<DeleteClone>
{
    public async Task HandleAsync(DeleteClone message, MessageContext context, CancellationToken stop)
    {
        var workspace = context.Session.Context.Workspace;
        var cloner =
            known.Of<IVoiceCloner>().FirstOrDefault(cloner => cloner.Name == message.Provider)
            ?? throw new GiveUpException(
                $"There is no {message.Provider} any more to delete the voice {message.Voice} at."
            );
        // On another account there is no such voice, which would look as if it were deleted.
        if (message.Account is { } account && await engines.AccountAsync(cloner.Name, workspace, stop) != account)
            throw new GiveUpException(
                $"The key by which {cloner.Name} made the voice {message.Voice} is gone, so it can't be deleted there."
            );
        ProviderCall call;
        try
        {
            var purpose = new CallPurpose(store.NewId(), workspace);
            call = await DeleteAsync(engines, cloner, message.Voice, purpose, stop);
        }
        catch (ProviderException failure) when (failure.IsPassing)
        {
            context.Postpone(failure.RetryAfter ?? TimeSpan.FromSeconds(5));
            return;
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

    /// <summary>Asks for the deletion.</summary>
    public static async Task<ProviderCall> DeleteAsync(
        EngineCalls engines,
        IVoiceCloner cloner,
        string voice,
        CallPurpose purpose,
        CancellationToken cancel
    )
    {
        var answer = await engines.AskAsync(
            cloner,
            "delete",
            "voice",
            0,
            purpose,
            async (asking, patience) =>
            {
                await cloner.DeleteAsync(voice, asking, patience);
                return true;
            },
            cancel
        );
        return answer.Call;
    }
}
