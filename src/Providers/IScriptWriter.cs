namespace Lectern.Providers;

/// <summary>Writes what speakers say about a source.</summary>
public interface IScriptWriter : IEngine
{
    /// <inheritdoc/>
    Ability IEngine.Ability => Ability.Script;

    /// <summary>Writes a script whose every line belongs to one of the speakers asked for.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task<Script> WriteAsync(ScriptRequest request, CallContext context, CancellationToken cancel);
}

/// <summary>What to write.</summary>
/// <param name="Source">What it is about: data, never instructions. At most <see cref="EngineLimits.MaxCharacters"/> long.</param>
/// <param name="Instructions">What the person wants of it; empty for nothing particular.</param>
/// <param name="Speakers">Who speaks, at least one.</param>
/// <param name="Language">BCP-47 tag.</param>
/// <param name="Words">About how many words.</param>
public sealed record ScriptRequest(
    string Source,
    string Instructions,
    IReadOnlyList<ScriptSpeaker> Speakers,
    string Language,
    int Words
);

/// <summary>Somebody who speaks in a script.</summary>
/// <param name="Name">Unique in the script.</param>
/// <param name="Description">Who that is; empty for nobody in particular.</param>
public sealed record ScriptSpeaker(string Name, string Description);

/// <summary>A script.</summary>
/// <param name="Title">One line.</param>
/// <param name="Lines">What is said, in order; at least one.</param>
public sealed record Script(string Title, IReadOnlyList<ScriptLine> Lines);

/// <summary>What one speaker says before the next does.</summary>
/// <param name="Speaker">The name of one of the request's speakers.</param>
/// <param name="Text">Plain text.</param>
public sealed record ScriptLine(string Speaker, string Text);
