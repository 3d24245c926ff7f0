using System.CommandLine;
using Lectern.Host.Docs;

namespace Lectern.Host.Commands;

/// <summary><c>lectern docs write|check</c>: the documents that are generated from the program.</summary>
internal static class DocsCommand
{
    public static Command Create()
    {
        var folder = new Option<DirectoryInfo>("--folder")
        {
            Description = "The folder of the documents.",
            DefaultValueFactory = _ => new DirectoryInfo("docs"),
            Recursive = true,
        };
        var write = new Command("write", "Write the generated documents.");
        write.SetAction((parsed, cancellation) => WriteAsync(parsed.GetValue(folder)!.FullName, cancellation));
        var check = new Command("check", "Exit with 1 if a generated document is not current.");
        check.SetAction((parsed, cancellation) => CheckAsync(parsed.GetValue(folder)!.FullName, cancellation));
        return new Command("docs", "Documents that are generated from the program.") { folder, write, check };
    }

    private static async Task<int> WriteAsync(string folder, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(folder);
        foreach (var (name, text) in GeneratedDocuments.Of(Modules.All))
            await File.WriteAllTextAsync(Path.Combine(folder, name), text, cancellationToken);
        return 0;
    }

    private static async Task<int> CheckAsync(string folder, CancellationToken cancellationToken)
    {
        var stale = new List<string>();
        foreach (var (name, text) in GeneratedDocuments.Of(Modules.All))
        {
            var path = Path.Combine(folder, name);
            if (!File.Exists(path) || await File.ReadAllTextAsync(path, cancellationToken) != text)
                stale.Add(path);
        }

        foreach (var path in stale)
            await Console.Error.WriteLineAsync($"{path} is not current: run 'lectern docs write'.");
        return stale.Count == 0 ? 0 : 1;
    }
}
