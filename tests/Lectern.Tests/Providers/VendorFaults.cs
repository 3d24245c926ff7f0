using Lectern.Providers;
using Microsoft.AspNetCore.Http;

namespace Lectern.Tests.Providers;

/// <summary>
/// What may go wrong with every vendor, whatever it is asked. A class for each ability of each vendor inherits these
/// tests, says how it is asked and what a good answer is, and adds the error bodies that the vendor documents.
/// </summary>
public abstract class VendorFaults
{
    /// <summary>Must never be seen in an error.</summary>
    protected const string Key = "sk-canary-7f1d9c2ab34e";

    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Asks the vendor at an address, once. The context's key is <see cref="Key"/>.</summary>
    protected abstract Task AskAsync(Uri vendor, CallContext context, CancellationToken cancel);

    /// <summary>The media type of a good answer.</summary>
    protected abstract string GoodType { get; }

    /// <summary>The body of a good answer.</summary>
    protected abstract byte[] GoodBody { get; }

    /// <summary>
    /// The whole vendor, of which one request is answered as the test says. For an ability that takes several requests:
    /// the others are answered well.
    /// </summary>
    protected virtual RequestDelegate Vendor(RequestDelegate answer) => answer;

    /// <summary>How many requests the vendor has had when that one fails.</summary>
    protected virtual int Asked => 1;

    /// <summary>How many it has had when that one does not come to its end: one more where the work is cancelled.</summary>
    protected virtual int AskedByTheDeadline => Asked;

    /// <summary>Long enough for what comes before the request in question, on a busy machine too.</summary>
    protected virtual TimeSpan Deadline => TimeSpan.FromSeconds(1);

    [Fact]
    public async Task A_good_answer_is_taken() => await AskAsync(Answers.Bytes(200, GoodType, GoodBody));

    [Theory]
    [InlineData("17", 17)]
    [InlineData("0", 0)]
    [InlineData(null, null)]
    [InlineData("Sat, 21 Nov 2026 12:00:30 GMT", 30)]
    public async Task Too_many_requests_are_told_with_when_to_come_back(string? header, int? seconds)
    {
        (string, string)[] headers = header is null
            ? []
            : [("Retry-After", header), ("Date", "Sat, 21 Nov 2026 12:00:00 GMT")];

        var failed = await FailAsync(Answers.Status(429, headers));

        failed.Failure.ShouldBe(ProviderFailure.RateLimited);
        failed.RetryAfter.ShouldBe(seconds is { } s ? TimeSpan.FromSeconds(s) : null);
    }

    [Theory]
    [InlineData(401, ProviderFailure.KeyRefused)]
    [InlineData(402, ProviderFailure.QuotaExhausted)]
    [InlineData(500, ProviderFailure.Outage)]
    [InlineData(502, ProviderFailure.Outage)]
    [InlineData(503, ProviderFailure.Busy)]
    [InlineData(504, ProviderFailure.UnknownOutcome)]
    [InlineData(400, ProviderFailure.BadInput)]
    [InlineData(302, ProviderFailure.Outage)] // a redirect would carry the key elsewhere
    public async Task A_status_without_a_body_means_what_it_says(int status, ProviderFailure failure) =>
        (await FailAsync(Answers.Status(status, ("Location", "http://127.0.0.1:9/")))).Failure.ShouldBe(failure);

    [Fact]
    public async Task An_address_where_nobody_listens_is_an_outage()
    {
        Uri nobody;
        await using (var gone = await FakeVendor.StartAsync())
            nobody = gone.Url;
        (await FailAsync(nobody)).Failure.ShouldBe(ProviderFailure.Outage);
    }

    [Fact]
    public async Task A_name_that_does_not_exist_is_an_outage() =>
        (await FailAsync(new Uri("http://no-such-host.invalid/"))).Failure.ShouldBe(ProviderFailure.Outage);

    [Fact]
    public async Task A_connection_that_breaks_leaves_the_outcome_unknown() =>
        (await FailAsync(Answers.Reset)).Failure.ShouldBe(ProviderFailure.UnknownOutcome);

    [Theory]
    [InlineData("never answers")]
    [InlineData("head only")]
    [InlineData("slow drip")]
    public async Task One_deadline_ends_the_whole_call(string how)
    {
        await using var vendor = await FakeVendor.StartAsync(
            Vendor(
                how switch
                {
                    "head only" => Answers.HeadOnly(GoodType),
                    "slow drip" => Answers.Drip(GoodType),
                    _ => Answers.Hang,
                }
            )
        );
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(Token);
        deadline.CancelAfter(Deadline);

        await Should.ThrowAsync<OperationCanceledException>(() =>
            AskAsync(vendor.Url, Context(), deadline.Token).WaitAsync(TimeSpan.FromSeconds(20), Token)
        );
        vendor.Requests.Count.ShouldBe(AskedByTheDeadline); // it is for the caller to ask again
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_is_cut_off_is_not_believed(bool announced) =>
        (await FailAsync(Answers.CutOff(GoodType, GoodBody, announced))).Failure.ShouldBeOneOf(
            ProviderFailure.UnknownOutcome,
            ProviderFailure.BadAnswer
        );

    [Theory]
    [InlineData("application/json", """{"error":{"message":"internal"}}""")]
    [InlineData("text/html", "<html><body>Welcome to nginx!</body></html>")]
    [InlineData("audio/mpeg", "not audio at all")]
    [InlineData("application/octet-stream", "\u0000\u0001\u0002 garbage")]
    [InlineData("application/json", "")]
    [InlineData("application/json", "[[[[")]
    public async Task Status_200_with_something_else_is_no_answer(string type, string body) =>
        (await FailAsync(Answers.Bytes(200, type, System.Text.Encoding.UTF8.GetBytes(body)))).Failure.ShouldBe(
            ProviderFailure.BadAnswer
        );

    /// <summary>Asks for a failure. The key is in none.</summary>
    protected async Task<ProviderException> FailAsync(RequestDelegate answer)
    {
        await using var vendor = await FakeVendor.StartAsync(Vendor(answer));
        var failed = await FailAsync(vendor.Url);
        vendor.Requests.Count.ShouldBe(Asked); // it is for the caller to ask again
        return failed;
    }

    protected static CallContext Context() => new(Key, Guid.NewGuid());

    private async Task<ProviderException> FailAsync(Uri vendor)
    {
        var failed = await Should.ThrowAsync<ProviderException>(() => AskAsync(vendor, Context(), Token));
        failed.ToString().ShouldNotContain(Key);
        failed.Remedy.ShouldNotBeEmpty();
        return failed;
    }

    private async Task AskAsync(RequestDelegate answer)
    {
        await using var vendor = await FakeVendor.StartAsync(Vendor(answer));
        await AskAsync(vendor.Url, Context(), Token);
        vendor.Requests.ShouldNotBeEmpty();
    }
}
