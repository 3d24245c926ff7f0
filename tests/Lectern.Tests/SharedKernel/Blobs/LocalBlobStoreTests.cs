using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using Lectern.SharedKernel.Blobs;
using Lectern.Tests.Host;

namespace Lectern.Tests.SharedKernel.Blobs;

public sealed class LocalBlobStoreTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_was_written_is_read_back_with_size_and_hash_and_can_be_read_from_the_middle()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var store = new LocalBlobStore(_folder.Path);
        var bytes = RandomNumberGenerator.GetBytes(300_000);

        var stored = await store.WriteAsync("chunks/ab/1.wav", new MemoryStream(bytes), cancellation);

        stored.Size.ShouldBe(300_000);
        stored.Sha256.ShouldBe(Convert.ToHexStringLower(SHA256.HashData(bytes)));
        await using var read = (await store.OpenReadAsync("chunks/ab/1.wav", cancellation))!;
        read.Length.ShouldBe(300_000);
        read.Seek(299_990, SeekOrigin.Begin);
        var tail = new byte[10];
        await read.ReadExactlyAsync(tail, cancellation);
        tail.ShouldBe(bytes[^10..]);
    }

    [Fact]
    public async Task A_write_that_breaks_off_leaves_the_old_blob_and_nothing_else()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var store = new LocalBlobStore(_folder.Path);
        await store.WriteAsync("a", new MemoryStream([1]), cancellation);

        await Should.ThrowAsync<InvalidOperationException>(store.WriteAsync("a", new BreakingStream(), cancellation));

        await using var read = (await store.OpenReadAsync("a", cancellation))!;
        read.Length.ShouldBe(1);
        Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).Count().ShouldBe(1);
    }

    [Fact]
    public async Task A_blob_is_gone_after_its_deletion_and_deleting_again_says_so()
    {
        var cancellation = TestContext.Current.CancellationToken;
        var store = new LocalBlobStore(_folder.Path);
        await store.WriteAsync("a", new MemoryStream([1]), cancellation);

        (await store.DeleteAsync("a", cancellation)).ShouldBeTrue();
        (await store.DeleteAsync("a", cancellation)).ShouldBeFalse();
        (await store.OpenReadAsync("a", cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData("../outside")]
    [InlineData("a/../../outside")]
    [InlineData("/etc/passwd")]
    [InlineData(".incoming/x")]
    [InlineData("a//b")]
    [InlineData("")]
    [InlineData("a\n")]
    public async Task A_key_that_the_server_would_not_make_is_a_defect(string key) =>
        await Should.ThrowAsync<ArgumentException>(
            new LocalBlobStore(_folder.Path).WriteAsync(key, Stream.Null, TestContext.Current.CancellationToken)
        );

    [Fact]
    public async Task A_full_disk_is_told_as_such_and_leaves_nothing_behind()
    {
        Assert.SkipUnless(
            OperatingSystem.IsLinux() && Environment.IsPrivilegedProcess,
            "mounting a small disk needs root"
        );
        var disk = _folder["disk"];
        Directory.CreateDirectory(disk);
        Assert.SkipUnless(Run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk), "this machine mounts nothing");
        try
        {
            var store = new LocalBlobStore(disk);
            var cancellation = TestContext.Current.CancellationToken;

            await Should.ThrowAsync<BlobStoreFullException>(
                store.WriteAsync("big", new MemoryStream(new byte[1_000_000]), cancellation)
            );

            (await store.OpenReadAsync("big", cancellation)).ShouldBeNull();
            var small = await store.WriteAsync(
                "small",
                new MemoryStream(Encoding.ASCII.GetBytes("fits")),
                cancellation
            );
            small.Size.ShouldBe(4);
        }
        finally
        {
            Run("umount", disk).ShouldBeTrue();
        }
    }

    private static bool Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        process.WaitForExit();
        return process.ExitCode == 0;
    }

    private sealed class BreakingStream : MemoryStream
    {
        private int _reads;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            _reads++ == 0 ? ValueTask.FromResult(100) : throw new InvalidOperationException("the source broke");
    }
}
