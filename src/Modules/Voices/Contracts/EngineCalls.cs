using System.Diagnostics;
using Lectern.Billing.Contracts;
using Lectern.Providers;
using Lectern.Voices.Engines;
using Microsoft.Extensions.Options;

namespace Lectern.Voices.Contracts;

/// <summary>What a call of an engine came to.</summary>
/// <param name="Call">The call as it is recorded; the caller records that it succeeded, with what came of it.</param>
/// <param name="Result">What the engine answered.</param>
public sealed record EngineAnswer<T>(ProviderCall Call, T Result)
{
    /// <summary>The account at the provider, as a keyed hash; null for a program on this machine.</summary>
    public string? Account { get; init; }

    /// <summary>How long the engine itself took, without what is done before and after; of speech only.</summary>
    public TimeSpan Took { get; init; }
}

/// <summary>
/// How engines are called, whatever they are asked: with the right key, not more at a time than the provider takes, on
/// record, within a deadline, and not believed before a look at the answer.
/// </summary>
public sealed class EngineCalls
{
    private readonly ProviderAccounts _accounts;
    private readonly ProviderPlaces _places;
    private readonly RecordedCalls _calls;
    private readonly TimeSpan _limit;

    internal EngineCalls(
        ProviderAccounts accounts,
        ProviderPlaces places,
        RecordedCalls calls,
        IOptions<VoicesSettings> settings
    )
    {
        _accounts = accounts;
        _places = places;
        _calls = calls;
        _limit = settings.Value.RequestLimit;
    }

    /// <summary>Has a text spoken.</summary>
    /// <param name="voice">By whom.</param>
    /// <param name="text">The text, no longer than the engine takes.</param>
    /// <param name="call">For whom: id, workspace, job and chunk. The rest is filled in.</param>
    /// <param name="cancel">Ends the wait; the outcome is unknown then.</param>
    /// <exception cref="ProviderException">The engine refused or failed, or what it said can't be the text.</exception>
    public async Task<EngineAnswer<Speech>> SpeakAsync(
        CatalogueVoice voice,
        string text,
        CallPurpose call,
        CancellationToken cancel
    )
    {
        var request = new SpeechRequest(text, voice.Voice.EngineName, voice.Speed)
        {
            Language = voice.Voice.Language == EngineVoice.ManyLanguages ? null : voice.Voice.Language,
        };
        var plain = Pronunciation.Strip(text);
        var took = TimeSpan.Zero;
        var answer = await AskAsync(
            voice.Engine,
            voice.Voice.Id,
            "character",
            plain.Length,
            call,
            async (context, patience) =>
            {
                var reference = voice.Reference is { } read ? await read(patience) : null;
                var asked = Stopwatch.GetTimestamp();
                var speech = await voice.Engine.SynthesizeAsync(
                    request with
                    {
                        Reference = reference,
                    },
                    context,
                    patience
                );
                took = Stopwatch.GetElapsedTime(asked);
                if (SpeechCheck.Inspect(speech.Audio, plain, voice.Speed) is { } finding)
                    throw new ProviderException(voice.Engine.Name, ProviderFailure.BadAnswer, finding.Detail);
                return voice.Finish is { } finish
                    ? speech with
                    {
                        Audio = await finish(speech.Audio, patience),
                    }
                    : speech;
            },
            cancel,
            ownAccountOnly: voice.Voice.Class == EngineVoice.OwnAccountClass
        );
        // What the provider says it counted is what it bills.
        return answer with
        {
            Call = answer.Call with { Units = answer.Result.Units ?? answer.Call.Units },
            Took = took,
        };
    }

    /// <summary>The account that a call for a workspace would be made on now: see <see cref="EngineAnswer{T}.Account"/>.</summary>
    public async Task<string> AccountAsync(string provider, Guid workspace, CancellationToken cancel) =>
        (await _accounts.FindAsync(provider, workspace, cancel)).Id;

    /// <summary>Asks an engine for anything.</summary>
    /// <param name="engine">Whom.</param>
    /// <param name="model">With what: a voice's or a model's id.</param>
    /// <param name="unit">What the provider counts: <c>character</c>, <c>second</c>, <c>image</c>, <c>token</c>, <c>voice</c>.</param>
    /// <param name="units">How many are asked for.</param>
    /// <param name="purpose">For whom.</param>
    /// <param name="ask">Asks, and looks whether the answer is one.</param>
    /// <param name="cancel">Ends the wait; the outcome is unknown then.</param>
    /// <param name="ownAccountOnly">Whether the platform's key may not stand in for the workspace's own.</param>
    /// <exception cref="ProviderException">The engine refused or failed, or is not worth asking now.</exception>
    public async Task<EngineAnswer<T>> AskAsync<T>(
        IEngine engine,
        string model,
        string unit,
        long units,
        CallPurpose purpose,
        Func<CallContext, CancellationToken, Task<T>> ask,
        CancellationToken cancel,
        bool ownAccountOnly = false
    )
    {
        var call = new ProviderCall(purpose.Id, engine.Name, CatalogueEngine.NameOf(engine.Ability), model, unit, units)
        {
            Workspace = purpose.Workspace,
            Job = purpose.Job,
            Chunk = purpose.Chunk,
        };
        using var telemetry = CallTelemetry.Of(engine);
        try
        {
            var answer = engine.Limits.IsRemote
                ? await AskServiceAsync(engine, call, Asking, ownAccountOnly, telemetry, cancel)
                : new(call, await _calls.AskAsync(call, p => Asking(CallContext.WithoutKey(call.Id), p), cancel));
            telemetry.Succeed(unit, units);
            return answer;
        }
        catch (ProviderException failed)
        {
            telemetry.Fail(failed);
            throw;
        }

        Task<T> Asking(CallContext context, CancellationToken patience)
        {
            telemetry.Ask();
            return ask(context, patience);
        }
    }

    private async Task<EngineAnswer<T>> AskServiceAsync<T>(
        IEngine engine,
        ProviderCall call,
        Func<CallContext, CancellationToken, Task<T>> ask,
        bool ownAccountOnly,
        CallTelemetry telemetry,
        CancellationToken cancel
    )
    {
        var account = call.Workspace is { } workspace
            ? await _accounts.FindAsync(engine.Name, workspace, cancel)
            : _accounts.OfPlatform(engine.Name);
        telemetry.On(account);
        if (ownAccountOnly && !account.IsWorkspaces)
            throw new ProviderException(
                engine.Name,
                ProviderFailure.KeyRefused,
                "The workspace's own key of it is gone."
            );
        call = call with { OnOwnAccount = account.IsWorkspaces, Limit = _limit };
        var life = _limit + TimeSpan.FromMinutes(1);
        var isLasting = await _places.TakeAsync(engine, account, call.Id, life, cancel);
        var outcome = PlaceOutcome.Unknown;
        TimeSpan? retryAfter = null;
        try
        {
            var context = new CallContext(account.Key, call.Id);
            var result = await _calls.AskAsync(call, patience => ask(context, patience), cancel);
            outcome = PlaceOutcome.Answered;
            return new(call, result) { Account = account.Id };
        }
        catch (ProviderException failed)
        {
            (outcome, retryAfter) = (PlaceOutcomes.Of(failed), failed.RetryAfter);
            failed.IsLasting = isLasting;
            throw;
        }
        finally
        {
            await _places.LeaveAsync(call.Id, outcome, retryAfter);
        }
    }
}

/// <summary>For whom an engine is called.</summary>
/// <param name="Id">The call's id, new for each try.</param>
/// <param name="Workspace">For whom, and with whose key; null for the installation itself.</param>
/// <param name="Job">For which of the workspace's jobs, if for one.</param>
/// <param name="Chunk">For which chunk of the job, if for one.</param>
public sealed record CallPurpose(Guid Id, Guid? Workspace, Guid? Job = null, int? Chunk = null);
