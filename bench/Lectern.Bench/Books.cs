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

    /// <summary>A book of so many chunks, each a paragraph of its own and like no other; a chapter for every hundred.</summary>
    /// <param name="chunks">How many.</param>
    /// <param name="sentence">What each of them says, after its number.</param>
    public static string Numbered(int chunks, string sentence)
    {
        var text = new StringBuilder();
        for (var i = 1; i < chunks; i++) // the first one is the title
        {
            if (i % 100 == 1)
                text.Append(CultureInfo.InvariantCulture, $"Chapter {(i / 100) + 1}\n\n");
            text.Append(CultureInfo.InvariantCulture, $"{i} {sentence}\n\n");
        }

        return text.ToString();
    }

    /// <summary>A program in flite's place that answers every text with the same seconds of a tone.</summary>
    public static async Task<string> NoOpFliteAsync(string folder, double seconds)
    {
        const int Rate = 16_000;
        var samples = new short[(int)(seconds * Rate)];
        for (var i = 0; i < samples.Length; i++)
            samples[i] = (short)(8000 * Math.Sin(i * 2 * Math.PI * 220 / Rate));
        await File.WriteAllBytesAsync($"{folder}/no-op.wav", Wav.Write(new Pcm(samples, Rate)));
        var program = $"{folder}/no-op-flite";
        await File.WriteAllTextAsync(
            program,
            $"#!/bin/sh\n[ \"$1\" = --version ] && echo no-op-1.0 && exit\nexec cat {folder}/no-op.wav\n"
        );
        File.SetUnixFileMode(program, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        return program;
    }
}
