using System.Diagnostics;
using System.Text;
using Lectern.SharedKernel.Processes;

namespace Lectern.Tests.SharedKernel.Processes;

public class ExternalProgramTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Arguments_reach_the_program_as_they_are()
    {
        string[] hostile = ["-n", "a b", "$(id)", "`id`", "\"'", "*", "", "x\ny", ";", "é"];
        var result = await RunAsync(new ProgramCall("printf", ["%s|", .. hostile]));
        Text(result).ShouldBe(string.Join('|', hostile) + "|");
    }

    [Fact]
    public async Task A_megabyte_through_standard_input_and_output_does_not_deadlock()
    {
        var bytes = new byte[1 << 20];
        new Random(1).NextBytes(bytes);
        var result = await RunAsync(new ProgramCall("cat") { Input = bytes });
        result.Output.Span.SequenceEqual(bytes).ShouldBeTrue();
    }

    [Fact]
    public async Task Output_can_be_streamed()
    {
        using var output = new MemoryStream();
        var call = new ProgramCall("cat")
        {
            WriteInput = async (input, token) => await input.WriteAsync("abc"u8.ToArray(), token),
            Output = output,
        };
        (await RunAsync(call)).Output.IsEmpty.ShouldBeTrue();
        output.ToArray().ShouldBe("abc"u8.ToArray());
    }

    [Fact]
    public async Task A_program_that_does_not_read_its_input_is_no_failure()
    {
        var result = await RunAsync(new ProgramCall("true") { Input = new byte[1 << 20] });
        result.Output.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_source_that_breaks_off_is_not_taken_for_the_end_of_the_input()
    {
        var call = new ProgramCall("cat") { WriteInput = (_, _) => throw new IOException("The disk is gone.") };
        (await Should.ThrowAsync<IOException>(() => RunAsync(call))).Message.ShouldBe("The disk is gone.");
    }

    [Fact]
    public async Task A_failure_carries_the_exit_code_and_the_end_of_the_complaint()
    {
        var call = Shell("yes complaint | head -c 100000 >&2; echo last words >&2; exit 3");
        var failed = await Should.ThrowAsync<ExternalProgramException>(() => RunAsync(call));
        failed.Failure.ShouldBe(ProgramFailure.Failed);
        failed.ExitCode.ShouldBe(3);
        failed.ErrorTail.Length.ShouldBe(8 * 1024);
        failed.ErrorTail.ShouldEndWith("last words\n");
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_said_to_be_not_installed()
    {
        var failed = await Should.ThrowAsync<ExternalProgramException>(() =>
            RunAsync(new ProgramCall("no-such-thing"))
        );
        failed.Failure.ShouldBe(ProgramFailure.NotInstalled);
        (await ExternalProgram.VersionAsync("no-such-thing", "--version", Token)).ShouldBeNull();
    }

    [Fact]
    public async Task Beyond_its_time_the_whole_tree_is_killed()
    {
        using var directory = new PrivateDirectory();
        var call = Shell("sleep 300 & echo $! > child; wait") with
        {
            Timeout = TimeSpan.FromMilliseconds(500),
            WorkingDirectory = directory.Path,
        };
        var failed = await Should.ThrowAsync<ExternalProgramException>(() => RunAsync(call));
        failed.Failure.ShouldBe(ProgramFailure.TimedOut);
        ShouldBeDead(directory);
    }

    [Fact]
    public async Task Cancelling_kills_the_whole_tree()
    {
        using var directory = new PrivateDirectory();
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Token);
        using var heard = new Signal();
        var call = Shell("sleep 300 & echo $! > child; echo ready; wait") with
        {
            WorkingDirectory = directory.Path,
            Output = heard,
        };
        var running = ExternalProgram.RunAsync(call, cancel.Token);
        await heard.Written.WaitAsync(TimeSpan.FromSeconds(10), Token);
        await cancel.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => running);
        ShouldBeDead(directory);
    }

    [Fact]
    public async Task A_program_that_writes_without_end_is_stopped()
    {
        var call = new ProgramCall("yes") { MaxCapturedBytes = 1 << 20 };
        var failed = await Should.ThrowAsync<ExternalProgramException>(() => RunAsync(call));
        failed.Failure.ShouldBe(ProgramFailure.TooMuchOutput);
    }

    [Fact]
    public async Task Our_environment_does_not_reach_the_program()
    {
        Environment.SetEnvironmentVariable("LECTERN_TEST_SECRET", "hunter2");
        Text(await RunAsync(new ProgramCall("env"))).ShouldNotContain("hunter2");
    }

    [Fact]
    public async Task A_file_beyond_the_limit_ends_the_program()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Kernel limits are set on Linux only.");
        using var directory = new PrivateDirectory();
        // It waits for its input so that the limits are in place before it writes.
        var call = Shell("read go; exec head -c 3000000 /dev/zero > big") with
        {
            Input = "go\n"u8.ToArray(),
            WorkingDirectory = directory.Path,
            Limits = new ProgramLimits(TimeSpan.FromSeconds(10), 1L << 30, FileBytes: 1 << 20),
        };
        await Should.ThrowAsync<ExternalProgramException>(() => RunAsync(call));
        new FileInfo(directory.File("big")).Length.ShouldBe(1 << 20);
    }

    [Fact]
    public async Task A_busy_loop_ends_when_its_processor_time_is_used_up()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Kernel limits are set on Linux only.");
        var call = Shell("while :; do :; done") with
        {
            Limits = new ProgramLimits(TimeSpan.FromSeconds(1), 1L << 30, 1 << 20),
            Timeout = TimeSpan.FromSeconds(30),
        };
        var failed = await Should.ThrowAsync<ExternalProgramException>(() => RunAsync(call));
        failed.Failure.ShouldBe(ProgramFailure.Failed); // by the kernel, not by the clock
    }

    [Fact]
    public async Task Many_runs_leave_no_descriptor_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Counts /proc/self/fd.");
        await RunAsync(new ProgramCall("true"));
        var before = Directory.GetFiles("/proc/self/fd").Length;
        for (var i = 0; i < 100; i++)
            await RunAsync(new ProgramCall("true"));
        (Directory.GetFiles("/proc/self/fd").Length - before).ShouldBeLessThan(50); // other tests run beside this one
    }

    private static Task<ProgramResult> RunAsync(ProgramCall call) => ExternalProgram.RunAsync(call, Token);

    private static ProgramCall Shell(string script) => new("sh", "-c", script);

    private static string Text(ProgramResult result) => Encoding.UTF8.GetString(result.Output.Span);

    private static void ShouldBeDead(PrivateDirectory directory)
    {
        var pid = int.Parse(File.ReadAllText(directory.File("child")));
        var deadline = Stopwatch.StartNew();
        while (IsAlive(pid))
            deadline.Elapsed.ShouldBeLessThan(TimeSpan.FromSeconds(10), "The child outlived its parent.");
    }

    private static bool IsAlive(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }

    private sealed class Signal : MemoryStream
    {
        private readonly TaskCompletionSource written = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Written => written.Task;

        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            written.TrySetResult();
            return ValueTask.CompletedTask;
        }
    }
}
