using System.Globalization;
using System.Text;
using Lectern.SharedKernel.Media;

namespace Lectern.Providers;

/// <summary>What is wrong with synthesized audio.</summary>
public enum SpeechDefect
{
    /// <summary>Too short for the text: cut off, or words were dropped.</summary>
    TooShort,

    /// <summary>Too long for the text: a loop, or another text's audio.</summary>
    TooLong,

    /// <summary>Nothing can be heard.</summary>
    Silent,

    /// <summary>The loud parts are cut off at full scale.</summary>
    Clipped,
}

/// <summary>A defect with a sentence that says what was measured.</summary>
public sealed record SpeechFinding(SpeechDefect Defect, string Detail);

/// <summary>
/// Decides whether audio can be the given text, before it is kept or charged: truncated and empty answers are common and
/// otherwise silent.
/// </summary>
public static class SpeechCheck
{
    /// <summary>Spoken prose runs at about 14 letters a second (180 words a minute), in English and its neighbors.</summary>
    private const double UnitsPerSecond = 14;

    // The local engines take 0.8 to 0.9 of that pace's time for a page, and up to 3.7 times it, or half a second, for a
    // single short word: what they add before and after weighs more there, which is what the slack is for.
    private const double ShortestShare = 0.5;
    private const double LongestShare = 2.5;
    private const double SlackSeconds = 2;

    private const double SilentPeak = 0.01; // of full scale: -40 dBFS; the quietest voice here peaks at -8 dBFS
    private const double ClippedShare = 0.002; // of all samples; the loudest voice here peaks at -2 dBFS

    /// <summary>Null when the audio is plausible for the text.</summary>
    /// <param name="audio">The decoded audio.</param>
    /// <param name="text">The text as the engine was given it.</param>
    /// <param name="speed">The pace that was asked for.</param>
    public static SpeechFinding? Inspect(Pcm audio, string text, double speed = 1)
    {
        var (least, most) = SpokenUnits(Pronunciation.Strip(text));
        var seconds = audio.Duration.TotalSeconds;
        var shortest = least / UnitsPerSecond * ShortestShare / speed;
        var longest = (most / UnitsPerSecond * LongestShare / speed) + SlackSeconds;
        if (audio.Samples.IsEmpty || seconds < shortest)
            return Found(SpeechDefect.TooShort, $"{seconds:0.00} s of audio where at least {shortest:0.00} s are due.");
        if (seconds > longest)
            return Found(SpeechDefect.TooLong, $"{seconds:0.00} s of audio where at most {longest:0.00} s are due.");

        var (peak, clipped) = (0, 0);
        foreach (var sample in audio.Samples.Span)
        {
            var level = Math.Abs((int)sample);
            peak = Math.Max(peak, level);
            if (level >= short.MaxValue)
                clipped++;
        }
        if (least > 0 && peak < SilentPeak * short.MaxValue)
            return Found(SpeechDefect.Silent, $"The loudest sample is {peak} of {short.MaxValue}.");
        if (clipped > audio.Samples.Length * ClippedShare)
            return Found(SpeechDefect.Clipped, $"{clipped} of {audio.Samples.Length} samples are at full scale.");
        return null;
    }

    /// <summary>How many letters' time the text takes, at least and at most: a digit or a sign may be read as a word.</summary>
    private static (double Least, double Most) SpokenUnits(string text)
    {
        var (least, most) = (0.0, 0.0);
        foreach (var rune in text.EnumerateRunes())
        {
            var (low, high) = Weigh(rune);
            least += low;
            most += high;
        }
        return (least, most);
    }

    private static (double Low, double High) Weigh(Rune rune)
    {
        if (Rune.IsDigit(rune))
            return (2, 9); // "7" is "seven"; 1000000 is "one million", 1,234 is long
        if (IsSyllabic(rune.Value))
            return (2, 7); // one sign is a syllable or more
        if (Rune.IsUpper(rune))
            return (1, 5); // may be spelled out: "BBC"
        if (Rune.IsLetter(rune))
            return (1, 1.5);
        return Rune.GetUnicodeCategory(rune) switch
        {
            UnicodeCategory.SpaceSeparator => (0.5, 1),
            UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark => (0, 1),
            UnicodeCategory.MathSymbol or UnicodeCategory.CurrencySymbol or UnicodeCategory.OtherSymbol => (0, 16),
            _ => (0, 12), // punctuation is a pause or, as in "@" or "/", a word
        };
    }

    // CJK ideographs, kana, Hangul and Ethiopic: scripts whose signs stand for syllables.
    private static bool IsSyllabic(int c) =>
        c
            is (>= 0x1200 and <= 0x139F)
                or (>= 0x3040 and <= 0x30FF)
                or (>= 0x3400 and <= 0x9FFF)
                or (>= 0xAC00 and <= 0xD7A3);

    private static SpeechFinding Found(SpeechDefect defect, FormattableString detail) =>
        new(defect, detail.ToString(CultureInfo.InvariantCulture));
}
