using System.Net;
using Lectern.Tests.Http;

namespace Lectern.Tests.Accounts.OpenId;

/// <summary>Follows redirects between us and an issuer as a browser does, one step at a time, and keeps our cookie.</summary>
internal sealed class Browser(ApiHost api)
{
    private static readonly HttpClient Web = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Our cookie, as it was set.</summary>
    public string? Cookie { get; private set; }

    /// <summary>Goes to the issuer and gives the address that it sends the browser back to.</summary>
    public async Task<Uri> SignInAtIssuerAsync(Func<Uri, Uri>? onTheWay = null)
    {
        using var begin = await GetAsync("/api/v1/auth/oidc/test");
        begin.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        var there = begin.Headers.Location!;
        using var signedIn = await Web.GetAsync(onTheWay?.Invoke(there) ?? there, Cancel);
        signedIn.StatusCode.ShouldBe(HttpStatusCode.Redirect);
        return signedIn.Headers.Location!;
    }

    /// <summary>Signs in and comes back.</summary>
    public async Task<HttpResponseMessage> SignInAsync() => await ComeBackAsync(await SignInAtIssuerAsync());

    public Task<HttpResponseMessage> ComeBackAsync(Uri address) => GetAsync(address.PathAndQuery);

    public async Task<HttpResponseMessage> GetAsync(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        if (Cookie is not null)
            request.Headers.Add("Cookie", Cookie.Split(';')[0]);
        var answer = await api.Client.SendAsync(request, Cancel);
        if (answer.Headers.TryGetValues("Set-Cookie", out var cookies))
            Cookie = cookies.Single();
        return answer;
    }
}
