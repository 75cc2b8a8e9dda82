using System.Text;
using GenAgent.Trajectories;

namespace GenAgent.Tests.Trajectories;

public sealed class LineFileTests
{
    [Fact]
    public async Task A_disk_that_fills_up_loses_nothing_that_was_written_and_takes_more_when_there_is_room_again()
    {
        var disk = new SmallDisk { Room = 9 };
        await using var file = new LineFile(disk, _ => false);
        await file.AppendAsync("one"u8.ToArray());
        (await Should.ThrowAsync<IOException>(() => file.AppendAsync("twotwotwo"u8.ToArray()))).Message.ShouldBe("No space left on device");
        disk.Text.ShouldBe("one\n");

        disk.Room = 100;
        await file.AppendAsync("three"u8.ToArray());
        disk.Text.ShouldBe("one\nthree\n");
    }

    [Fact]
    public async Task A_disk_so_broken_that_not_even_the_half_line_can_be_cut_off_is_mended_by_the_next_write()
    {
        var disk = new SmallDisk { Room = 5, CanCut = false };
        await using var file = new LineFile(disk, _ => false);
        await Should.ThrowAsync<IOException>(() => file.AppendAsync("too long"u8.ToArray()));
        disk.Text.ShouldBe("too l");

        disk.CanCut = true;
        disk.Room = 100;
        await file.AppendAsync("fits"u8.ToArray());
        disk.Text.ShouldBe("fits\n");
    }

    [Fact]
    public async Task Writers_that_come_while_one_is_writing_share_one_flush()
    {
        var disk = new SmallDisk { Room = 1000, Gate = new TaskCompletionSource() };
        var file = new LineFile(disk, _ => false);
        disk.Flushes = 0;
        var first = file.AppendAsync("0"u8.ToArray());
        var others = Enumerable.Range(1, 9).Select(index => file.AppendAsync(Encoding.UTF8.GetBytes($"{index}"))).ToArray();
        disk.Gate.SetResult();
        await Task.WhenAll([first, .. others]);

        disk.Flushes.ShouldBe(2);
        disk.Text.Split('\n').Length.ShouldBe(11);
    }

    [Fact]
    public async Task A_writer_that_gives_up_waiting_leaves_no_line_and_holds_up_nobody()
    {
        var disk = new SmallDisk { Room = 1000, Gate = new TaskCompletionSource() };
        await using var file = new LineFile(disk, _ => false);
        var first = file.AppendAsync("first"u8.ToArray());
        using var impatient = new CancellationTokenSource();
        var second = file.AppendAsync("second"u8.ToArray(), impatient.Token);
        await impatient.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(() => second);
        disk.Gate.SetResult();
        await first;
        await file.AppendAsync("third"u8.ToArray());

        disk.Text.ShouldBe("first\nthird\n");
    }

    [Fact]
    public void A_long_file_without_any_line_end_is_cut_off_as_a_whole()
    {
        var disk = new SmallDisk { Room = 1_000_000 };
        disk.Write(new byte[200_000]);

        new LineFile(disk, _ => false).Cut.ShouldBe(new HalfWrittenLine(0, 200_000));
        disk.Length.ShouldBe(0);
    }

    private sealed class SmallDisk : MemoryStream
    {
        public int Room { get; set; }

        public bool CanCut { get; set; } = true;

        public int Flushes { get; set; }

        public TaskCompletionSource? Gate { get; init; }

        public string Text => Encoding.UTF8.GetString(ToArray());

        public override void SetLength(long value)
        {
            if (!CanCut)
            {
                throw new IOException("I/O error");
            }

            base.SetLength(value);
        }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (Gate is not null)
            {
                await Gate.Task;
            }

            var fits = (int)Math.Min(buffer.Length, Room - Position);
            await base.WriteAsync(buffer[..fits], cancellationToken);
            if (fits < buffer.Length)
            {
                throw new IOException("No space left on device");
            }
        }

        public override void Flush() => Flushes++;
    }
}
