using Lectern.SharedKernel.Blobs;
using Lectern.SharedKernel.Secrets;
using Microsoft.AspNetCore.WebUtilities;

namespace Lectern.Tests.SharedKernel.Blobs;

public sealed class SignedLinksTests
{
    private const string Path = "/downloads/job_01";
    private readonly Clock _clock = new();
    private readonly SignedLinks _links;

    public SignedLinksTests() => _links = new SignedLinks(new MasterKey(new byte[32]), _clock);

    [Fact]
    public void A_link_opens_what_it_was_made_for_until_its_time_is_over()
    {
        var link = _links.Sign("GET", Path, "book m4b", TimeSpan.FromMinutes(5));

        Verify(link).ShouldBe(LinkVerdict.Valid);
        _clock.Now += TimeSpan.FromMinutes(5);
        Verify(link).ShouldBe(LinkVerdict.Expired);
    }

    [Theory]
    [InlineData("artifact", "other")]
    [InlineData("exp", "99999999999")]
    [InlineData("exp", "soon")]
    [InlineData("kid", "2")]
    [InlineData("sig", "AAAA")]
    [InlineData("sig", "")]
    [InlineData("sig", null)]
    [InlineData("exp", null)]
    public void A_link_with_a_changed_or_missing_part_is_not_ours(string part, string? value)
    {
        var query = Query(_links.Sign("GET", Path, "book", TimeSpan.FromMinutes(5)));
        query[part] = value;

        Verify(Path, "GET", query).ShouldBe(LinkVerdict.Altered);
    }

    [Fact]
    public void A_link_does_not_open_another_path_method_or_installation()
    {
        var link = _links.Sign("GET", Path, "book", TimeSpan.FromMinutes(5));

        Verify("/downloads/job_02", "GET", Query(link)).ShouldBe(LinkVerdict.Altered);
        Verify(Path, "DELETE", Query(link)).ShouldBe(LinkVerdict.Altered);
        var elsewhere = new SignedLinks(new MasterKey([.. Enumerable.Repeat((byte)1, 32)]), _clock);
        elsewhere
            .Verify("GET", Path, "book", Query(link)["exp"], "1", Query(link)["sig"])
            .ShouldBe(LinkVerdict.Altered);
    }

    [Fact]
    public void Parts_cannot_be_moved_across_their_borders()
    {
        var query = Query(_links.Sign("GET", "/a|1:b", "c", TimeSpan.FromMinutes(5)));
        query["artifact"] = "1:b|1:c";

        Verify("/a", "GET", query).ShouldBe(LinkVerdict.Altered);
    }

    [Fact]
    public void No_link_lives_longer_than_a_quarter_of_an_hour() =>
        Should.Throw<ArgumentOutOfRangeException>(() => _links.Sign("GET", Path, "book", TimeSpan.FromMinutes(16)));

    private LinkVerdict Verify(string link) => Verify(link.Split('?')[0], "GET", Query(link));

    private LinkVerdict Verify(string path, string method, Dictionary<string, string?> query) =>
        _links.Verify(method, path, query["artifact"], query["exp"], query["kid"], query["sig"]);

    private static Dictionary<string, string?> Query(string link) =>
        QueryHelpers
            .ParseQuery(link.Split('?')[1])
            .ToDictionary(pair => pair.Key, pair => (string?)pair.Value.ToString());

    private sealed class Clock : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
