using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Lectern.Accounts;
using Lectern.Accounts.Profile;
using Lectern.Eventing;
using Lectern.SharedKernel;
using Lectern.Tests.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Lectern.Tests.Accounts.Profile;

/// <summary>With the real ffmpeg.</summary>
public sealed class AvatarTests : IAsyncLifetime
{
    private ApiHost _api = null!;
    private string _jane = "";

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _api = await ApiHost.StartAsync([new AccountsModule()], SignedUp.QuickPasswords);
        _jane = (await SignedUp.TokensAsync(_api))["accessToken"]!.GetValue<string>();
    }

    public ValueTask DisposeAsync() => _api.DisposeAsync();

    [Theory]
    [InlineData("image/png")]
    [InlineData("image/jpeg", "-c:v", "mjpeg", "-pix_fmt", "yuvj420p")]
    [InlineData("image/webp", "-c:v", "libwebp")]
    public async Task An_image_becomes_a_square_of_256_pixels(string type, params string[] encoder)
    {
        var image = Pictures.Png(640, 480);
        if (encoder.Length > 0)
            image = await Pictures.AsAsync(image, encoder);

        var put = await PutAsync(_jane, image, type);

        put.StatusCode.ShouldBe(HttpStatusCode.NoContent, await put.Content.ReadAsStringAsync(Cancel));
        var got = await _api.GetAsync("/me/avatar", _jane);
        got.StatusCode.ShouldBe(HttpStatusCode.OK);
        got.Content.Headers.ContentType!.ToString().ShouldBe("image/png");
        got.Headers.ETag.ShouldBe(put.Headers.ETag);
        got.Headers.CacheControl!.ToString().ShouldBe("no-cache, private");
        got.Headers.GetValues("X-Content-Type-Options").ShouldBe(["nosniff"]);
        var png = await got.Content.ReadAsByteArrayAsync(Cancel);
        SizeOf(png).ShouldBe((256, 256));
        var me = await (await _api.GetAsync("/me", _jane)).JsonAsync();
        me["avatar"]!.GetValue<string>().ShouldBe("/api/v1/me/avatar");
    }

    [Fact]
    public async Task Nothing_of_the_file_but_its_picture_is_kept()
    {
        var image = Pictures.Png(300, 300, comment: "51.5014 N 0.1419 W");
        Encoding.Latin1.GetString(image).ShouldContain("0.1419");

        (await PutAsync(_jane, [.. image, .. "and a second file"u8])).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        var png = await (await _api.GetAsync("/me/avatar", _jane)).Content.ReadAsByteArrayAsync(Cancel);
        var text = Encoding.Latin1.GetString(png);
        text.ShouldNotContain("0.1419");
        text.ShouldNotContain("second");
        text.ShouldNotContain("tEXt");
    }

    [Fact]
    public async Task Who_has_it_already_gets_no_second_copy()
    {
        await PutAsync(_jane, Pictures.Png(64, 64));
        var first = await _api.GetAsync("/me/avatar", _jane);
        using var again = new HttpRequestMessage(HttpMethod.Get, "/api/v1/me/avatar");
        again.Headers.Authorization = new AuthenticationHeaderValue("Bearer", _jane);
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);

        (await _api.Client.SendAsync(again, Cancel)).StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    public static TheoryData<string, string, byte[]> Bad =>
        new()
        {
            { "empty", "image/png", [] },
            { "a text", "image/png", Encoding.UTF8.GetBytes("Once upon a time there was no picture.") },
            { "a text behind PNG's first bytes", "image/png", [.. Pictures.Png(1, 1)[..8], .. "nothing more"u8] },
            { "SVG", "image/png", Encoding.UTF8.GetBytes("<svg xmlns='http://www.w3.org/2000/svg'/>") },
            { "ffconcat", "image/png", Encoding.UTF8.GetBytes("ffconcat version 1.0\nfile /etc/passwd\n") },
            { "HLS", "image/jpeg", Encoding.UTF8.GetBytes("#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n") },
            { "HLS behind JPEG's first bytes", "image/jpeg", [0xFF, 0xD8, 0xFF, .. "#EXTM3U\n/etc/passwd\n"u8] },
            { "a PNG that says it is a JPEG", "image/jpeg", Pictures.Png(64, 64) },
            { "half a PNG", "image/png", Pictures.Png(64, 64)[..4000] },
            { "a PNG without its end", "image/png", Pictures.Png(64, 64)[..^20] },
            { "a PNG with a wrong byte", "image/png", Broken(Pictures.Png(64, 64)) },
            { "a RIFF that is no WebP", "image/webp", [.. "RIFF\0\0\0\0WAVEfmt "u8] },
            { "900 million pixels", "image/png", Pictures.Bomb(30_000, 30_000) },
            { "50 million pixels and some", "image/png", Pictures.Bomb(50_001, 1_000) },
        };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task What_is_not_a_whole_image_of_its_type_is_refused(string what, string type, byte[] bytes)
    {
        await PutAsync(_jane, Pictures.Png(64, 64, seed: 7));
        var before = await (await _api.GetAsync("/me/avatar", _jane)).Content.ReadAsByteArrayAsync(Cancel);

        (await (await PutAsync(_jane, bytes, type)).RefusalAsync()).ShouldBe("422 unusable-image", what);

        var after = await (await _api.GetAsync("/me/avatar", _jane)).Content.ReadAsByteArrayAsync(Cancel);
        after.ShouldBe(before);
        Files().Count.ShouldBe(1);
    }

    [Fact]
    public async Task Half_a_JPEG_or_WebP_is_refused()
    {
        var png = Pictures.Png(200, 200);
        var jpeg = await Pictures.AsAsync(png, "-c:v", "mjpeg", "-pix_fmt", "yuvj420p");
        var webp = await Pictures.AsAsync(png, "-c:v", "libwebp");

        (await (await PutAsync(_jane, jpeg[..^100], "image/jpeg")).RefusalAsync()).ShouldBe("422 unusable-image");
        (await (await PutAsync(_jane, webp[..^100], "image/webp")).RefusalAsync()).ShouldBe("422 unusable-image");
        Files().ShouldBeEmpty();
    }

    [Theory]
    [InlineData(1, 40_000)]
    [InlineData(40_000, 1)]
    [InlineData(1, 1)]
    public async Task A_thin_image_does_not_become_an_enormous_one(int width, int height) =>
        (await PutAsync(_jane, Pictures.Bomb(width, height))).StatusCode.ShouldBe(HttpStatusCode.NoContent);

    [Theory]
    [InlineData("image/svg+xml")]
    [InlineData("image/gif")]
    [InlineData("application/json")]
    [InlineData("text/html")]
    public async Task Other_types_are_refused(string type) =>
        (await (await PutAsync(_jane, Pictures.Png(8, 8), type)).RefusalAsync()).ShouldBe("415 unsupported-media-type");

    [Fact]
    public async Task More_than_5_MB_are_refused()
    {
        var large = new byte[5 * 1024 * 1024 + 1];
        Pictures.Png(8, 8).CopyTo(large, 0);

        (await (await PutAsync(_jane, large)).RefusalAsync()).ShouldBe("413 too-large");
        Files().ShouldBeEmpty();
    }

    [Fact]
    public async Task A_picture_that_was_replaced_or_deleted_goes_with_its_file()
    {
        await PutAsync(_jane, Pictures.Png(64, 64));
        await PutAsync(_jane, Pictures.Png(64, 64));
        await HandleMessagesAsync();
        Files().Count.ShouldBe(1);

        (await _api.DeleteAsync("/me/avatar", _jane)).StatusCode.ShouldBe(HttpStatusCode.NoContent);

        (await (await _api.GetAsync("/me/avatar", _jane)).RefusalAsync()).ShouldBe("404 not-found");
        await HandleMessagesAsync();
        Files().ShouldBeEmpty();
        (await _api.DeleteAsync("/me/avatar", _jane)).StatusCode.ShouldBe(HttpStatusCode.NoContent);
    }

    [Fact]
    public async Task Many_pictures_at_once_leave_one_file()
    {
        var images = Enumerable.Range(0, 6).Select(_ => Pictures.Png(64, 64));

        var puts = await Task.WhenAll(images.Select(image => PutAsync(_jane, image)));

        puts.ShouldAllBe(put => put.StatusCode == HttpStatusCode.NoContent);
        await HandleMessagesAsync();
        Files().Count.ShouldBe(1);
        (await _api.GetAsync("/me/avatar", _jane)).StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Members_of_a_workspace_see_each_others_pictures_and_nobody_else_does()
    {
        await PutAsync(_jane, Pictures.Png(64, 64));
        var me = await (await _api.GetAsync("/me", _jane)).JsonAsync();
        var id = me["id"]!.GetValue<string>();
        var workspace = me["workspace"]!.GetValue<string>();
        var john = await SignedUp.TokensAsync(_api);
        (await SeesAsync(id, john["accessToken"]!.GetValue<string>())).ShouldBe("404 not-found");
        (await SeesAsync(id, _jane)).ShouldBe("200");

        PublicId.TryParse("workspace", workspace, out var shared).ShouldBeTrue();
        await ExecuteAsync(
            """
            insert into accounts.members (workspace_id, person_id, role)
            select $1, s.person_id, 'viewer' from accounts.sessions s
            join accounts.people p on p.id = s.person_id where p.id <> all (select person_id from accounts.members where workspace_id = $1)
            """,
            shared
        );
        var entered = await _api.PostAsync(
            "/auth/refresh",
            new { refreshToken = john["refreshToken"]!.GetValue<string>(), workspace }
        );
        var inside = (await entered.JsonAsync())["accessToken"]!.GetValue<string>();
        (await SeesAsync(id, inside)).ShouldBe("200");

        foreach (var wrong in new[] { "person_00000000000000000000000000", "person_x", "1", id.ToUpperInvariant() })
            (await SeesAsync(wrong, inside)).ShouldBe("404 not-found", wrong);
    }

    private async Task<string> SeesAsync(string person, string token)
    {
        var answer = await _api.GetAsync($"/people/{person}/avatar", token);
        return answer.IsSuccessStatusCode ? "200" : await answer.RefusalAsync();
    }

    private async Task<HttpResponseMessage> PutAsync(string token, byte[] image, string type = "image/png")
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, "/api/v1/me/avatar")
        {
            Content = new ByteArrayContent(image),
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue(type);
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        return await _api.Client.SendAsync(request, Cancel);
    }

    /// <summary>Deletes the files that messages name, as a worker would.</summary>
    private async Task HandleMessagesAsync()
    {
        await using var session = _api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.Empty));
        var blobs = await session.QueryAsync(
            "delete from eventing.messages where type = 'accounts.delete_avatar_file.v1' returning data ->> 'blob'",
            row => row.GetString(0),
            Cancel
        );
        var handler = _api.Services.GetRequiredService<DeleteAvatarFileHandler>();
        foreach (var blob in blobs)
            await handler.HandleAsync(new DeleteAvatarFile(blob), null!, Cancel);
    }

    private async Task ExecuteAsync(string sql, params object?[] values)
    {
        await using var session = _api.Store.OpenWorkerSession(new SessionContext(Guid.Empty, "system", Guid.Empty));
        session.Execute(sql, values);
        await session.SaveChangesAsync(Cancel);
    }

    private List<string> Files() =>
        [.. Directory.EnumerateFiles(_api.BlobFolder, "*.png", SearchOption.AllDirectories)];

    private static (int Width, int Height) SizeOf(byte[] png) =>
        (
            System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(16)),
            System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(20))
        );

    private static byte[] Broken(byte[] png)
    {
        png[png.Length / 2] ^= 0xFF;
        return png;
    }
}
