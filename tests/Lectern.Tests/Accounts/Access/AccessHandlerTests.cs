using Lectern.Accounts.Access;
using Lectern.SharedKernel;
using Lectern.SharedKernel.Access;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace Lectern.Tests.Accounts.Access;

public sealed class AccessHandlerTests
{
    private static readonly Caller Viewer = new(Guid.CreateVersion7(), Guid.CreateVersion7(), Role.Viewer);
    private static readonly Caller Editor = Viewer with { Role = Role.Editor };
    private static readonly Caller Admin = Viewer with { Role = Role.Admin };

    [Theory]
    [InlineData("GET", Role.Viewer)]
    [InlineData("HEAD", Role.Viewer)]
    [InlineData("POST", Role.Editor)]
    [InlineData("PUT", Role.Editor)]
    [InlineData("PATCH", Role.Editor)]
    [InlineData("DELETE", Role.Editor)]
    [InlineData("QUERY", Role.Editor)]
    public void An_endpoint_without_a_rule_lets_viewers_read_and_editors_do_the_rest(string method, Role least)
    {
        foreach (var caller in (Caller[])[Viewer, Editor, Admin])
            (AccessHandler.Refusal(caller, Endpoint(), method) is null).ShouldBe(caller.Role >= least);
    }

    [Fact]
    public void A_refusal_names_the_role_that_is_wanted() =>
        AccessHandler
            .Refusal(Viewer, Endpoint(), "POST")
            ?.Message.ShouldBe("This needs the role editor in the workspace, and yours is viewer.");

    [Fact]
    public void The_platform_is_for_its_administrators_whatever_their_role_here()
    {
        var platform = Endpoint(new AccessRule(Role.Viewer, PeopleOnly: true, PlatformOnly: true));

        AccessHandler.Refusal(Admin, platform, "GET")?.Message.ShouldBe("This is for administrators of the platform.");
        AccessHandler.Refusal(Viewer with { IsPlatformAdmin = true }, platform, "DELETE").ShouldBeNull();
    }

    [Theory]
    [InlineData("jobs:read", "GET", true)]
    [InlineData("jobs:read", "POST", false)]
    [InlineData("jobs:write", "GET", true)]
    [InlineData("jobs:write", "POST", true)]
    [InlineData("credits:write", "GET", false)]
    [InlineData("jobs", "GET", false)]
    [InlineData("*:read", "GET", false)]
    public void A_key_can_do_what_its_scopes_say(string scope, string method, bool allowed)
    {
        var refusal = AccessHandler.Refusal(WithKey(Admin, scope), Endpoint(), method);

        (refusal is null).ShouldBe(allowed);
        if (!allowed)
            refusal?.Message.ShouldBe($"The API key lacks the scope jobs:{(method == "GET" ? "read" : "write")}.");
    }

    [Fact]
    public void A_key_can_do_no_more_than_its_maker() =>
        AccessHandler
            .Refusal(WithKey(Viewer, "jobs:write"), Endpoint(), "POST")
            ?.Message.ShouldBe("This needs the role editor in the workspace, and yours is viewer.");

    [Fact]
    public void Where_people_manage_keys_are_refused()
    {
        foreach (var rule in (AccessRule[])[new(Role.Admin, true, false), new(Role.Viewer, true, false)])
            AccessHandler
                .Refusal(WithKey(Admin, "jobs:write"), Endpoint(rule), "GET")
                ?.Message.ShouldBe("API keys can't do this; log in.");
    }

    private static Caller WithKey(Caller caller, string scope) =>
        caller with
        {
            ApiKey = new CallerKey(Guid.CreateVersion7(), new HashSet<string> { scope }, null),
        };

    private static Endpoint Endpoint(AccessRule? rule = null)
    {
        var metadata = new List<object> { new Tagged("jobs") };
        if (rule is not null)
            metadata.Add(rule);
        return new Endpoint(null, new EndpointMetadataCollection(metadata), "test");
    }

    private sealed class Tagged(params string[] tags) : ITagsMetadata
    {
        IReadOnlyList<string> ITagsMetadata.Tags { get; } = tags;
    }
}
