using System.IO.Compression;
using System.Text;
using Lectern.Accounts.Contracts;
using Lectern.Accounts.Sessions;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Privacy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Privacy;

/// <summary>
/// <c>GET /me/export</c>: all that is kept about a person, as a ZIP that is written while it is sent. When something
/// breaks on the way the connection is cut, since half an archive must not pass for a whole one.
/// </summary>
internal static class ExportMeEndpoint
{
    public static void Map(IEndpointRouteBuilder api) =>
        api.MapGet("/me/export", HandleAsync)
            .WithTags("me")
            .WithSummary("All my data, as a ZIP")
            .WithDescription(
                "My profile, sessions, memberships and audit entries, and everything in my personal workspace. Of shared workspaces only facts about me. No secrets."
            )
            .ForThePerson()
            .Produces<byte[]>(contentType: "application/zip")
            .WithProblems(CommonProblems.NotFound)
            .DisableRequestTimeout()
            .WithExample();

    private static async Task<IResult> HandleAsync(
        HttpContext http,
        Caller caller,
        EventStore store,
        IEnumerable<IExportPart> parts,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenWorkerSession(caller);
        if (await Membership.FindAsync(session, caller.Person, null, cancel) is not { } own)
            return CommonProblems.NotFound.With("The account is gone.").AsResult();
        AuditLog.Record(
            session,
            AuditLog.Platform,
            "people.exported",
            AccountIds.Person(caller.Person),
            address: SignInOrigin.AddressOf(http)
        );
        await session.SaveChangesAsync(cancel);

        http.Response.Headers.CacheControl = "no-store";
        var subject = new DataSubject(own.Person, own.Workspace);
        return TypedResults.Stream(
            body => WriteAsync(body, subject, [.. parts], cancel),
            "application/zip",
            "lectern-export.zip"
        );
    }

    internal static async Task WriteAsync(
        Stream body,
        DataSubject subject,
        IReadOnlyList<IExportPart> parts,
        CancellationToken cancel
    )
    {
        await using var sent = new ArchiveStream(body);
        await using (
            var archive = await ZipArchive.CreateAsync(
                sent,
                ZipArchiveMode.Create,
                leaveOpen: true,
                Encoding.UTF8,
                cancel
            )
        )
        {
            var root = new ExportFolder(archive, "");
            var lines = parts.Select(part => $"{part.Name}/  {part.About}");
            await root.WriteTextAsync(
                "README.txt",
                $"What Lectern keeps about you.\n\n{string.Join('\n', lines)}\n\nTimes are UTC. In .jsonl files each line is a JSON document.\n",
                cancel
            );
            foreach (var part in parts)
                await part.WriteAsync(subject, root.Folder(part.Name), cancel);
        }

        await sent.FlushAsync(cancel);
    }
}
