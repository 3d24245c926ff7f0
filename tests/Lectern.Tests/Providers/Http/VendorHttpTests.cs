using Lectern.Providers;
using Lectern.Providers.Http;

namespace Lectern.Tests.Providers.Http;

public class VendorHttpTests
{
    private static readonly VendorHttp Http = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_download_ends_at_its_limit()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, "audio/mpeg", new byte[300_000]));
        using var target = new MemoryStream();
        var failed = await Should.ThrowAsync<ProviderException>(() =>
            Http.DownloadAsync("x", Get(vendor), target, 200_000, _ => true, Token)
        );
        failed.Failure.ShouldBe(ProviderFailure.BadAnswer);
        target.Length.ShouldBeLessThanOrEqualTo(200_000);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(200_000)]
    public async Task A_download_is_whole_whatever_its_length(int length)
    {
        var bytes = Enumerable.Range(0, length).Select(i => (byte)i).ToArray();
        await using var vendor = await FakeVendor.StartAsync(Answers.Bytes(200, "audio/mpeg", bytes));
        using var target = new MemoryStream();
        var begin = -1;
        var answer = await Http.DownloadAsync("x", Get(vendor), target, 200_000, IsFormat, Token);

        target.ToArray().ShouldBe(bytes);
        begin.ShouldBe(Math.Min(16, length));
        answer.Body.Length.ShouldBe(0);

        bool IsFormat(ReadOnlyMemory<byte> first)
        {
            begin = first.Length;
            return first.Span.SequenceEqual(bytes.AsSpan(0, begin));
        }
    }

    [Fact]
    public async Task Of_a_download_that_is_refused_the_body_is_read_and_nothing_written()
    {
        await using var vendor = await FakeVendor.StartAsync(Answers.Json("""{"why":"not"}""", 403));
        using var target = new MemoryStream();
        var answer = await Http.DownloadAsync("x", Get(vendor), target, 200_000, _ => false, Token);
        ((int)answer.Status).ShouldBe(403);
        answer.Says("not").ShouldBeTrue();
        target.Length.ShouldBe(0);
    }

    [Fact]
    public async Task A_body_that_is_not_compressed_as_it_says_is_a_bad_answer()
    {
        await using var vendor = await FakeVendor.StartAsync(
            Answers.Bytes(200, "application/json", "not gzip"u8.ToArray(), ("Content-Encoding", "gzip"))
        );
        var failed = await Should.ThrowAsync<ProviderException>(() => Http.SendAsync("x", Get(vendor), Token));
        failed.Failure.ShouldBe(ProviderFailure.BadAnswer);
    }

    private static HttpRequestMessage Get(FakeVendor vendor) => new(HttpMethod.Get, vendor.Url);
}
