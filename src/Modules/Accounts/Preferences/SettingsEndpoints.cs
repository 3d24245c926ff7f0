using System.Text.Json;
using Lectern.Accounts.Contracts;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Lectern.SharedKernel.Http;
using Lectern.SharedKernel.Preferences;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Lectern.Accounts.Preferences;

/// <summary>
/// <c>GET</c> and <c>PATCH</c> of the settings of a person, a workspace and the platform. A change names what it changes
/// and leaves the rest alone, so there is no version to match: who comes later wins, key by key.
/// </summary>
internal static class SettingsEndpoints
{
    private const int MostChanges = 100;

    private static readonly SettingList Example = new([
        new SettingView(
            "audio.voice",
            Json("flite-slt"),
            "person",
            "string",
            "The voice where a request names none.",
            null,
            null,
            new Dictionary<string, JsonElement?>
            {
                ["platform"] = null,
                ["workspace"] = Json("flite-rms"),
                ["person"] = Json("flite-slt"),
            }
        ),
    ]);

    private static readonly Dictionary<string, object?> ExampleChange = new()
    {
        ["audio.voice"] = "flite-slt",
        ["audio.bitrate"] = null,
    };

    public static void Map(IEndpointRouteBuilder api)
    {
        Describe(api.MapGet("/me/settings", ListMineAsync), "My settings").ForThePerson();
        Describe(api.MapGet("/workspaces/{id}/settings", ListOfWorkspaceAsync), "The workspace's settings")
            .ForViewers()
            .WithProblems(CommonProblems.NotFound);
        Describe(api.MapGet("/admin/settings", ListOfPlatformAsync), "The platform's settings").ForPlatformAdmins();
        DescribeChange(api.MapPatch("/me/settings", ChangeMineAsync), "Change my settings").ForThePerson();
        DescribeChange(
                api.MapPatch("/workspaces/{id}/settings", ChangeOfWorkspaceAsync),
                "Change the workspace's settings"
            )
            .ForAdmins()
            .WithProblems(CommonProblems.NotFound);
        DescribeChange(api.MapPatch("/admin/settings", ChangeOfPlatformAsync), "Change the platform's settings")
            .ForPlatformAdmins();
    }

    private static RouteHandlerBuilder Describe(RouteHandlerBuilder endpoint, string summary) =>
        endpoint
            .WithTags("settings")
            .WithSummary(summary)
            .WithDescription("With the parameter key: only those whose key begins with it.")
            .WithExample(response: Example);

    private static RouteHandlerBuilder DescribeChange(RouteHandlerBuilder endpoint, string summary) =>
        endpoint
            .WithTags("settings")
            .WithSummary(summary)
            .WithDescription("All or nothing. Null removes a value, so that the one behind it holds.")
            .WithExample(ExampleChange, Example)
            .WithProblems(CommonProblems.InvalidValues);

    private static Task<Ok<SettingList>> ListMineAsync(
        string? key,
        Caller caller,
        EventStore store,
        PreferenceCatalogue catalogue,
        CancellationToken cancel
    ) => ListAsync(PreferenceLevel.Person, key, caller, store, catalogue, cancel);

    private static async Task<Results<Ok<SettingList>, ProblemResult>> ListOfWorkspaceAsync(
        string id,
        string? key,
        Caller caller,
        EventStore store,
        PreferenceCatalogue catalogue,
        CancellationToken cancel
    ) =>
        IsCallers(id, caller)
            ? await ListAsync(PreferenceLevel.Workspace, key, caller, store, catalogue, cancel)
            : NoSuchWorkspace();

    private static Task<Ok<SettingList>> ListOfPlatformAsync(
        string? key,
        Caller caller,
        EventStore store,
        PreferenceCatalogue catalogue,
        CancellationToken cancel
    ) => ListAsync(PreferenceLevel.Platform, key, caller, store, catalogue, cancel);

    private static Task<Results<Ok<SettingList>, ProblemResult>> ChangeMineAsync(
        Dictionary<string, JsonElement> changes,
        Caller caller,
        EventStore store,
        PreferenceCatalogue catalogue,
        CancellationToken cancel
    ) => ChangeAsync(PreferenceLevel.Person, changes, caller, store, catalogue, cancel);

    private static async Task<Results<Ok<SettingList>, ProblemResult>> ChangeOfWorkspaceAsync(
        string id,
        Dictionary<string, JsonElement> changes,
        Caller caller,
        EventStore store,
        PreferenceCatalogue catalogue,
        CancellationToken cancel
    ) =>
        IsCallers(id, caller)
            ? await ChangeAsync(PreferenceLevel.Workspace, changes, caller, store, catalogue, cancel)
            : NoSuchWorkspace();

    private static Task<Results<Ok<SettingList>, ProblemResult>> ChangeOfPlatformAsync(
        Dictionary<string, JsonElement> changes,
        Caller caller,
        EventStore store,
        PreferenceCatalogue catalogue,
        CancellationToken cancel
    ) => ChangeAsync(PreferenceLevel.Platform, changes, caller, store, catalogue, cancel);

    private static async Task<Ok<SettingList>> ListAsync(
        PreferenceLevel level,
        string? prefix,
        Caller caller,
        EventStore store,
        PreferenceCatalogue catalogue,
        CancellationToken cancel
    )
    {
        await using var session = store.OpenSession(caller);
        var stored = await PreferenceTable.ReadAsync(session, caller, null, cancel);
        return TypedResults.Ok(
            new SettingList([.. catalogue.Under(prefix).Select(each => SettingView.Of(each, level, stored))])
        );
    }

    private static async Task<Results<Ok<SettingList>, ProblemResult>> ChangeAsync(
        PreferenceLevel level,
        Dictionary<string, JsonElement> changes,
        Caller caller,
        EventStore store,
        PreferenceCatalogue catalogue,
        CancellationToken cancel
    )
    {
        if (changes.Count > MostChanges)
            return CommonProblems
                .InvalidValues.With($"At most {MostChanges} settings can be changed at once.")
                .AsResult();
        if (catalogue.Faults(level, changes) is { Length: > 0 } faults)
            return CommonProblems.InvalidValues.With("Some settings can't be changed like this.", faults).AsResult();
        if (changes.Count > 0)
        {
            // The platform's values are beyond what row security lets a person write.
            await using var session =
                level == PreferenceLevel.Platform ? store.OpenWorkerSession(caller) : store.OpenSession(caller);
            PreferenceTable.Write(session, caller, level, changes);
            await session.SaveChangesAsync(cancel);
        }

        return await ListAsync(level, null, caller, store, catalogue, cancel);
    }

    private static bool IsCallers(string id, Caller caller) =>
        PublicId.TryParse(AccountIds.WorkspacePrefix, id, out var workspace) && workspace == caller.Workspace;

    private static ProblemResult NoSuchWorkspace() =>
        CommonProblems.NotFound.With("The token is for no such workspace.").AsResult();

    private static JsonElement Json(string text) => JsonSerializer.SerializeToElement(text);
}
