namespace Lectern.Tests.Jobs.Manuscript;

/// <summary>The real texts that the repository carries.</summary>
internal static class Books
{
    /// <summary>Chapters 1 to 3 of Pride and Prejudice.</summary>
    public static string Sample { get; } = Read("samples/pride-and-prejudice.txt");

    /// <summary>The whole of Persuasion.</summary>
    public static string Novel { get; } = Read("bench/data/persuasion.txt");

    private static string Read(string path) => File.ReadAllText(Path.Combine(Checkout.Root, path));
}
