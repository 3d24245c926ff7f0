namespace Lectern.Providers;

/// <summary>Turns text in one language into text in another.</summary>
public interface ITranslator : IEngine
{
    /// <inheritdoc/>
    Ability IEngine.Ability => Ability.Translation;

    /// <summary>Translates each text; the answer has as many, in the same order.</summary>
    /// <exception cref="ProviderException">The engine refused or failed; it says how and what to do.</exception>
    Task<IReadOnlyList<string>> TranslateAsync(
        TranslationRequest request,
        CallContext context,
        CancellationToken cancel
    );
}

/// <summary>Texts to translate, together at most <see cref="EngineLimits.MaxCharacters"/> long.</summary>
/// <param name="Texts">Sentences or paragraphs, which are the others' context.</param>
/// <param name="From">The language they are in, as a BCP-47 tag.</param>
/// <param name="To">The language that is wanted, as a BCP-47 tag.</param>
public sealed record TranslationRequest(IReadOnlyList<string> Texts, string From, string To);
