using Lectern.SharedKernel;

namespace Lectern.Host.Docs;

/// <summary>The documents that the program writes about itself. CI fails when a committed one is not current.</summary>
internal static class GeneratedDocuments
{
    /// <summary>File name and text of each.</summary>
    public static IReadOnlyList<(string Name, string Text)> Of(IReadOnlyList<IModule> modules) =>
        [
            ("activity.md", ActivityDocument.Write(modules)),
            ("configuration.md", ConfigurationDocument.Write(LecternHost.Catalogue(modules))),
            ("errors.md", ErrorsDocument.Write(modules)),
            ("events.md", EventsDocument.Write(modules)),
        ];
}
