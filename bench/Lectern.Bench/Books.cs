using System.Globalization;
using System.Text;
using Lectern.SharedKernel.Media;

namespace Lectern.Bench;

/// <summary>Texts to be spoken, and an engine that does it in no time.</summary>
internal static class Books
{
    private static readonly string Novel = Path.GetFullPath(
        Path.Combine(AppContext.BaseDirectory, "../../../../data/persuasion.txt")
    );

    /// <summary>The novel, or its first chapters.</summary>
    public static string Persuasion(int? chapters)
    {
        var text = File.ReadAllText(Novel);
        var end = chapters is { } n
            ? text.IndexOf(
                string.Create(CultureInfo.InvariantCulture, $"\nChapter {n + 1}\n"),
                StringComparison.Ordinal
            )
            : -1;
        return end < 0 ? text : text[..end];
    }

    /// <summary>A book of so many chunks, each a paragraph of its own and like no other; and a heading for every hundred.</summary>
    /// <param name="chunks">How many, without the headings.</param>
    /// <param name="sentence">What each of them says, after its number.</param>
    public static string Numbered(int chunks, string sentence)
    {
        var text = new StringBuilder();
        for (var i = 1; i <= chunks; i++)
        {
            if (i % 100 == 1)
                text.Append(CultureInfo.InvariantCulture, $"Chapter {(i / 100) + 1}\n\n");
            text.Append(CultureInfo.InvariantCulture, $"{i} {sentence}\n\n");
        }

        return text.ToString();
    }

    /// <summary>
    /// A program in flite's place that answers at once with a tone: for a sentence with so many seconds, and for a heading
    /// with one and a half, since audio that can't be its text's is refused.
    /// </summary>
    public static async Task<string> NoOpFliteAsync(string folder, double seconds)
    {
        await WriteToneAsync($"{folder}/short.wav", 1.5);
        await WriteToneAsync($"{folder}/long.wav", seconds);
        var program = $"{folder}/no-op-flite";
        await File.WriteAllTextAsync(
            program,
            $$"""
            #!/bin/sh
            [ "$1" = --version ] && echo no-op-1.0 && exit
            [ ${#4} -lt 20 ] && exec cat {{folder}}/short.wav
            exec cat {{folder}}/long.wav

            """
        );
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return program;
    }

    private static async Task WriteToneAsync(string path, double seconds)
    {
        const int Rate = 16_000;
        var samples = new short[(int)(seconds * Rate)];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(8000 * Math.Sin(i * 2 * Math.PI * 220 / Rate));
        await File.WriteAllBytesAsync(path, Wav.Write(new Pcm(samples, Rate)));
    }
}
