using System.Text.Json;
using Lectern.Billing.Contracts;
using Lectern.Eventing;
using Lectern.Providers;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Media;
using Lectern.Voices.Contracts;

namespace Lectern.Voices.Characters.Cloning;

/// <summary>
/// Has a voice cloned by the first provider that can do so for the workspace. Without one nothing happens: the character
/// goes on speaking with a shifted voice. The consent is looked at before the provider is asked, and again when it has
/// answered; a clone that nobody wants any more is deleted at once.
/// </summary>
internal sealed class CloneVoiceHandler(
    EventStore store,
    VoiceCatalogue catalogue,
    EngineCalls engines,
    RecordedCalls calls,
    IBlobStore blobs
) : IMessageHandler<CloneVoice>
{
    public async Task HandleAsync(CloneVoice message, MessageContext context, CancellationToken stop)
    {
        await using var reading = store.OpenWorkerSession(context.Session.Context);
        if (await reading.FetchForWriting<Character>(message.Character, stop) is not { State.IsToBeCloned: true })
            return;
        if (await FindAsync(context.Session.Context.Workspace, stop) is not { } cloner)
            return;
        if (!cloner.KeepsVoices)
            await SayAsync(context.Session, message.Character, new VoiceCloned(cloner.Name, null), stop);
        else if (await SampleAsync(reading, message.Character, cloner, stop) is { } sample)
            await CloneAsync(context, message.Character, cloner, sample, stop);
    }

    /// <summary>The provider did not come back in all the tries.</summary>
    public Task GiveUpAsync(CloneVoice message, MessageContext context, Exception error, CancellationToken stop) =>
        (error as ProviderException ?? error.InnerException as ProviderException) is { } failure
            ? SayAsync(context.Session, message.Character, Failed(failure), stop)
            : Task.CompletedTask;

    /// <summary>Those that keep a voice come first: it is there at each request, and better for having been trained.</summary>
    private async Task<IVoiceCloner?> FindAsync(Guid workspace, CancellationToken stop) =>
        (await catalogue.EnginesAsync(workspace, stop))
            .Where(engine => engine.Unavailable is null)
            .Select(engine => engine.Engine)
            .OfType<IVoiceCloner>()
            .OrderByDescending(cloner => cloner.KeepsVoices)
            .FirstOrDefault();

    private async Task CloneAsync(
        MessageContext context,
        Guid character,
        IVoiceCloner cloner,
        Pcm sample,
        CancellationToken stop
    )
    {
        var session = context.Session;
        var workspace = session.Context.Workspace;
        EngineAnswer<string> answer;
        try
        {
            var request = new CloneRequest(PublicId.Format(Character.Prefix, character), sample);
            answer = await engines.AskAsync(
                cloner,
                "instant",
                "voice",
                1,
                new CallPurpose(store.NewId(), workspace),
                (asking, patience) => cloner.CloneAsync(request, asking, patience),
                stop
            );
        }
        // Of an unknown outcome there may be a voice already; another try could make a second one that nobody knows.
        catch (ProviderException failure)
            when (!failure.IsTransient || failure.Failure == ProviderFailure.UnknownOutcome)
        {
            await SayAsync(session, character, Failed(failure), stop);
            return;
        }
        catch (ProviderException failure) when (failure.IsPassing)
        {
            context.Postpone(failure.RetryAfter ?? TimeSpan.FromSeconds(5));
            return;
        }
        catch (ProviderException failure) when (failure.RetryAfter is { } delay)
        {
            throw new RetryLaterException(failure.Message, delay, inner: failure);
        }

        var (call, voice) = answer;
        try
        {
            RecordedCalls.Succeeded(session, call);
            if (!await SayAsync(session, character, new VoiceCloned(cloner.Name, voice, answer.Account), stop))
                session.Enqueue(new DeleteClone(character, cloner.Name, voice, answer.Account));
            await session.SaveChangesAsync(stop);
        }
        catch
        {
            await calls.SucceededAsync(call);
            await DeleteUnlessNamedAsync(session.Context, character, cloner, voice);
            throw;
        }
    }

    /// <summary>
    /// The next try makes another voice, so this one has to go; but only if it is certain that it was not kept, for a
    /// commit whose answer was lost may have happened.
    /// </summary>
    private async Task DeleteUnlessNamedAsync(SessionContext context, Guid character, IVoiceCloner cloner, string voice)
    {
        await using var reading = store.OpenWorkerSession(context);
        if (
            await reading.FetchForWriting<Character>(character, CancellationToken.None) is { } now
            && now.State.CloneVoice == voice
        )
            return;
        var purpose = new CallPurpose(store.NewId(), context.Workspace);
        await DeleteCloneHandler.DeleteAsync(engines, cloner, voice, purpose, CancellationToken.None);
    }

    /// <summary>Adds what happened, if the character still wants it; whether it did.</summary>
    private static async Task<bool> SayAsync(Session session, Guid character, object happened, CancellationToken stop)
    {
        if (
            await session.FetchForExclusiveWriting<Character>(character, stop)
            is not { State.IsToBeCloned: true } stream
        )
            return false;
        stream.Append(happened);
        return true;
    }

    private async Task<Pcm?> SampleAsync(Session session, Guid character, IVoiceCloner cloner, CancellationToken stop)
    {
        var found = await session.QueryAsync(
            "select blob from voices.samples where character_id = $1",
            row => row.GetString(0),
            stop,
            character
        );
        if (found is not [var blob] || await SampleFile.ReadAsync(blobs, blob, stop) is not { } sample)
            return null; // deleted in between
        var most = (int)Math.Min(sample.Samples.Length, (cloner.Limits.MaxSeconds ?? 3600) * sample.Rate);
        return new Pcm(sample.Samples[..most], sample.Rate);
    }

    private static CloneFailed Failed(ProviderException failure) =>
        new(failure.Provider, JsonNamingPolicy.KebabCaseLower.ConvertName($"{failure.Failure}"));
}
