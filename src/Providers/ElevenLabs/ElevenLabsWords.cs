using System.Text;
using Lectern.Providers.Http;

namespace Lectern.Providers.ElevenLabs;

/// <summary>Words out of the times of characters.</summary>
internal static class ElevenLabsWords
{
    /// <returns>The words, and when the last character ends; none when ElevenLabs gives no times.</returns>
    /// <exception cref="ProviderException">The times are no times.</exception>
    public static (IReadOnlyList<TimedWord> Words, TimeSpan End) Of(VendorAnswer answer, CharacterAlignment? alignment)
    {
        if (
            alignment
            is not {
                Characters: { } characters,
                CharacterStartTimesSeconds: { } starts,
                CharacterEndTimesSeconds: { } ends
            }
        )
            return ([], TimeSpan.Zero);
        if (starts.Count != characters.Count || ends.Count != characters.Count)
            throw answer.Fail(ProviderFailure.BadAnswer, "The times of the characters are not one for each.");

        var words = new List<TimedWord>();
        var word = new StringBuilder();
        var (start, end, last) = (TimeSpan.Zero, TimeSpan.Zero, TimeSpan.Zero);
        var inTag = false;
        for (var i = 0; i < characters.Count; i++)
        {
            var character = characters[i];
            last = Later(last, answer.Seconds(ends[i]));
            if (inTag || IsTag(i))
            {
                inTag = character != ">"; // ours, around a pronunciation: nobody hears it
                continue;
            }
            if (string.IsNullOrWhiteSpace(character))
            {
                Finish();
                continue;
            }
            if (word.Length == 0)
                start = answer.Seconds(starts[i]);
            word.Append(character);
            end = answer.Seconds(ends[i]);
        }
        Finish();
        return (words, last);

        bool IsTag(int at) => characters[at] == "<" && (Follows(at, "<phoneme ") || Follows(at, "</phoneme>"));

        bool Follows(int at, string text)
        {
            for (var i = 0; i < text.Length; i++)
                if (at + i >= characters.Count || characters[at + i] != text[i..(i + 1)])
                    return false;
            return true;
        }

        void Finish()
        {
            if (word.Length > 0)
                words.Add(new TimedWord(word.ToString(), start, end));
            word.Clear();
        }
    }

    private static TimeSpan Later(TimeSpan one, TimeSpan other) => one > other ? one : other;
}
