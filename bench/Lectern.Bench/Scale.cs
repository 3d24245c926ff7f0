using System.Globalization;

namespace Lectern.Bench;

/// <summary>For a quick look: less than the bars are about.</summary>
/// <param name="Chapters">Only so many chapters of the novel; null for all.</param>
/// <param name="Hours">Hours of the long book, and thousands of chunks of the book of many chunks; null for ten.</param>
internal sealed record Scale(int? Chapters, int? Hours)
{
    /// <summary>Takes the options out of the command line; what is left are names of rows.</summary>
    public static (Scale Scale, string[] Rows) Read(string[] args)
    {
        int? Option(string name) =>
            Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length
                ? int.Parse(args[at + 1], CultureInfo.InvariantCulture)
                : null;
        var scale = new Scale(Option("--chapters"), Option("--hours"));
        return (
            scale,
            [
                .. args.Where(
                    (arg, i) =>
                        !arg.StartsWith("--", StringComparison.Ordinal)
                        && (i == 0 || !args[i - 1].StartsWith("--", StringComparison.Ordinal))
                ),
            ]
        );
    }
}
