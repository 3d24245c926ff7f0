using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Media;

namespace Lectern.Tests.Recovery;

/// <summary>A call that the engine got.</summary>
/// <param name="At">When it began, in nanoseconds since 1970.</param>
/// <param name="Text">SHA-256 of the text, in hexadecimal.</param>
internal sealed record EngineCall(long At, string Text);

/// <summary>
/// Stands in for flite: a script that hums for as long as the text would take, and writes each call into a journal
/// before it does. The journal is the witness outside of the host, which no crash of it can make forget.
/// </summary>
internal sealed class JournalingEngine
{
    private const int Rate = 16_000;
    private const int Step = 50; // characters: one recording serves texts of about the same length
    private const int Recordings = 24;
    private const double CharactersPerSecond = 14;

    private const string Script = """
        #!/bin/sh
        if [ "$1" = --version ]; then echo flite-2.2-journaling; exit; fi
        here=${0%/*}
        while [ $# -gt 0 ]; do
          if [ "$1" = -t ]; then text=$2; fi
          shift
        done
        hash=$(printf %s "$text" | sha256sum)
        echo "$(date +%s%N) ${hash%% *}" >>"$here/journal"
        while [ -e "$here/held" ]; do sleep 0.05; done
        read -r pause <"$here/pause"
        if [ "$pause" != 0 ]; then sleep "$pause"; fi
        exec cat "$here/speech-$((${#text} / STEP)).wav"
        """;

    private readonly string _folder;

    public JournalingEngine(string folder)
    {
        _folder = folder;
        Directory.CreateDirectory(folder);
        for (var i = 0; i < Recordings; i++)
            File.WriteAllBytes(Path.Combine(folder, $"speech-{i}.wav"), Wav.Write(Hum((i + 0.5) * Step)));
        File.WriteAllText(Journal, "");
        Pause = TimeSpan.Zero;
        File.WriteAllText(
            Program,
            Script.Replace("STEP", $"{Step}", StringComparison.Ordinal).ReplaceLineEndings("\n")
        );
        File.SetUnixFileMode(Program, (UnixFileMode)Convert.ToInt32("755", 8));
    }

    /// <summary>The path that is configured as flite's.</summary>
    public string Program => Path.Combine(_folder, "flite");

    /// <summary>How long a call takes, besides a few milliseconds.</summary>
    public TimeSpan Pause
    {
        set =>
            File.WriteAllText(
                Path.Combine(_folder, "pause"),
                value.TotalSeconds.ToString("0.###\n", CultureInfo.InvariantCulture)
            );
    }

    /// <summary>Whether calls wait, until they are let go.</summary>
    public bool IsHeld
    {
        set
        {
            var mark = Path.Combine(_folder, "held");
            if (value)
                File.WriteAllText(mark, "");
            else
                File.Delete(mark);
        }
    }

    private string Journal => Path.Combine(_folder, "journal");

    /// <summary>All calls so far, in the order in which they were written down.</summary>
    public IReadOnlyList<EngineCall> Calls() =>
        [
            .. File.ReadAllLines(Journal)
                .Select(line => line.Split(' '))
                .Select(parts => new EngineCall(long.Parse(parts[0], CultureInfo.InvariantCulture), parts[1])),
        ];

    /// <summary>What the journal calls this text.</summary>
    public static string HashOf(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    private static Pcm Hum(double characters)
    {
        var samples = new short[(int)(characters / CharactersPerSecond * Rate)];
        for (var i = 0; i < samples.Length; i++)
        {
            var t = (double)i / Rate;
            var syllable = 0.6 + (0.4 * Math.Sin(2 * Math.PI * 4 * t));
            samples[i] = (short)(9000 * syllable * Math.Sin(2 * Math.PI * 180 * t));
        }

        return new Pcm(samples, Rate);
    }
}
