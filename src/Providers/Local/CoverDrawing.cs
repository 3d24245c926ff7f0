using System.Globalization;
using System.Text;
using System.Xml;
using System.Xml.Linq;

namespace Lectern.Providers.Local;

/// <summary>
/// Draws a cover as SVG: a pattern that follows from a seed alone, and lettering on it. The drawing names no other file,
/// and what is lettered is text and never markup.
/// </summary>
internal static class CoverDrawing
{
    private const int MostLines = 6;
    private static readonly XNamespace Svg = "http://www.w3.org/2000/svg";

    // Ground, pattern, lettering.
    private static readonly (string Ground, string Pattern, string Ink)[] Palettes =
    [
        ("#1d2b3a", "#3f6c8f", "#f4efe6"),
        ("#f3ead7", "#c98b5b", "#2b2118"),
        ("#2f3e34", "#7d9a6f", "#f5f2e8"),
        ("#4a2432", "#a8576b", "#fbeff0"),
        ("#e6edf0", "#7fa3b5", "#14262e"),
        ("#262038", "#6a5aa0", "#efeafb"),
    ];

    public static XElement Draw(int width, int height, long seed, IReadOnlyList<string> lettering)
    {
        var random = new SplitMix(seed);
        var (ground, pattern, ink) = Palettes[random.Next(Palettes.Length)];
        var svg = new XElement(
            Svg + "svg",
            new XAttribute("width", width),
            new XAttribute("height", height),
            new XElement(
                Svg + "rect",
                new XAttribute("width", width),
                new XAttribute("height", height),
                new XAttribute("fill", ground)
            )
        );
        svg.Add(
            random.Next(3) switch
            {
                0 => Rings(random, width, height, pattern),
                1 => Stripes(random, width, height, pattern),
                _ => Dots(random, width, height, pattern),
            }
        );
        svg.Add(Letters(width, height, ground, ink, [.. lettering.Select(Clean).Where(line => line.Length > 0)]));
        return svg;
    }

    private static IEnumerable<XElement> Rings(SplitMix random, int width, int height, string color)
    {
        var (x, y, step) = (random.Next(width), random.Next(height), Math.Max(4, Math.Min(width, height) / 14));
        for (var ring = 1; ring <= 24; ring++)
            yield return new XElement(
                Svg + "circle",
                new XAttribute("cx", x),
                new XAttribute("cy", y),
                new XAttribute("r", ring * step),
                new XAttribute("fill", "none"),
                new XAttribute("stroke", color),
                new XAttribute("stroke-width", 1 + random.Next(Math.Max(1, step / 2)))
            );
    }

    private static IEnumerable<XElement> Stripes(SplitMix random, int width, int height, string color)
    {
        var angle = 15 + random.Next(150);
        var (reach, at) = (width + height, -height);
        while (at < reach)
        {
            var thick = 2 + random.Next(Math.Max(3, width / 18));
            yield return new XElement(
                Svg + "rect",
                new XAttribute("x", at),
                new XAttribute("y", -reach),
                new XAttribute("width", thick),
                new XAttribute("height", 3 * reach),
                new XAttribute("fill", color),
                new XAttribute("transform", $"rotate({angle} {width / 2} {height / 2})")
            );
            at += thick + Math.Max(4, width / 24);
        }
    }

    private static IEnumerable<XElement> Dots(SplitMix random, int width, int height, string color)
    {
        const int columns = 9;
        var cell = Math.Max(2, width / columns);
        for (var y = cell / 2; y < height + cell; y += cell)
        for (var x = cell / 2; x < width + cell; x += cell)
            yield return new XElement(
                Svg + "circle",
                new XAttribute("cx", x),
                new XAttribute("cy", y),
                new XAttribute("r", 1 + random.Next(Math.Max(2, cell / 2))),
                new XAttribute("fill", color)
            );
    }

    // A plate in the color of the ground keeps the lettering legible on any pattern. The first line is the title.
    private static IEnumerable<XElement> Letters(
        int width,
        int height,
        string ground,
        string ink,
        List<string> lettering
    )
    {
        if (lettering.Count == 0)
            yield break;
        var lines = new List<(string Text, double Size)>();
        for (var i = 0; i < lettering.Count && i < 4; i++)
        {
            var size = Math.Min(width, height) / (i == 0 ? 9.0 : 20.0);
            var wrapped = Wrap(lettering[i], width * 0.8 / size);
            while (wrapped.Count > MostLines && size > 6)
                wrapped = Wrap(lettering[i], width * 0.8 / (size *= 0.8));
            lines.AddRange(wrapped.Take(MostLines).Select(line => (line, size)));
        }
        var tall = lines.Sum(line => line.Size * 1.3);
        if (tall > height * 0.8)
        {
            lines = [.. lines.Select(line => (line.Text, line.Size * height * 0.8 / tall))];
            tall = height * 0.8;
        }
        var top = (height - tall) / 2;
        var margin = Math.Min(width, height) / 24.0;
        yield return new XElement(
            Svg + "rect",
            new XAttribute("x", Number(width * 0.06)),
            new XAttribute("y", Number(top - margin)),
            new XAttribute("width", Number(width * 0.88)),
            new XAttribute("height", Number(tall + (2 * margin))),
            new XAttribute("fill", ground),
            new XAttribute("fill-opacity", "0.9")
        );
        foreach (var (text, size) in lines)
        {
            yield return new XElement(
                Svg + "text",
                new XAttribute("x", Number(width / 2.0)),
                new XAttribute("y", Number(top + size)),
                new XAttribute("font-size", Number(size)),
                new XAttribute("font-family", "DejaVu Serif, DejaVu Sans, serif"),
                new XAttribute("text-anchor", "middle"),
                new XAttribute("fill", ink),
                text
            );
            top += size * 1.3;
        }
    }

    /// <summary>Lines of at most so many em, broken at spaces, or inside of a word that is longer than a line.</summary>
    internal static List<string> Wrap(string text, double ems)
    {
        var lines = new List<string>();
        var (line, used) = (new StringBuilder(), 0.0);
        foreach (var word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var width = Width(word);
            if (used > 0 && used + 0.3 + width > ems)
            {
                lines.Add(line.ToString());
                line.Clear();
                used = 0;
            }
            if (used > 0)
            {
                line.Append(' ');
                used += 0.3;
            }
            foreach (var cluster in Clusters(word))
            {
                var wide = Width(cluster);
                if (used > 0 && used + wide > ems)
                {
                    lines.Add(line.ToString());
                    line.Clear();
                    used = 0;
                }
                line.Append(cluster);
                used += wide;
            }
        }
        if (line.Length > 0)
            lines.Add(line.ToString());
        return lines;
    }

    private static IEnumerable<string> Clusters(string word)
    {
        var clusters = StringInfo.GetTextElementEnumerator(word);
        while (clusters.MoveNext())
            yield return clusters.GetTextElement();
    }

    // Broad enough for DejaVu Serif; ideographs and their like take a full em.
    private static double Width(string text) =>
        text.EnumerateRunes()
            .Sum(rune =>
                Rune.GetUnicodeCategory(rune) switch
                {
                    UnicodeCategory.NonSpacingMark or UnicodeCategory.Format => 0,
                    UnicodeCategory.UppercaseLetter => 0.75,
                    _ when rune.Value >= 0x1100 => 1.0,
                    _ => 0.6,
                }
            );

    // What XML can't hold is left out, and so is what would turn the line around for those who read on.
    private static string Clean(string text)
    {
        var clean = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsWhiteSpace(rune) || Rune.IsControl(rune))
                clean.Append(' ');
            else if (rune.Value is not ((>= 0x202A and <= 0x202E) or (>= 0x2066 and <= 0x2069)) && IsXml(rune))
                clean.Append(rune.ToString());
        }
        return clean.ToString().Trim();
    }

    private static bool IsXml(Rune rune) => !rune.IsBmp || XmlConvert.IsXmlChar((char)rune.Value);

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    // Steele, Lea and Flood's SplitMix64: System.Random promises no sequence across versions.
    private sealed class SplitMix(long seed)
    {
        private ulong _state = unchecked((ulong)seed);

        public int Next(int bound)
        {
            unchecked
            {
                var z = _state += 0x9E3779B97F4A7C15;
                z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
                z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
                return (int)((z ^ (z >> 31)) % (ulong)bound);
            }
        }
    }
}
