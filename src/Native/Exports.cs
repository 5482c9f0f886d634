namespace TinySD.Native;

/// <summary>The functions of tinysd.h, which says what each does. Nothing but the border is here: pointers become spans, handles objects,
/// and exceptions a status.</summary>
internal static unsafe class Exports
{
    private const int Abi = 1;

    private static readonly CText s_version = new(typeof(Exports).Assembly.GetName().Version!.ToString(3));

    [UnmanagedCallersOnly(EntryPoint = "tinysd_version", CallConvs = [typeof(CallConvCdecl)])]
    public static byte* Version() => s_version.Text;

    [UnmanagedCallersOnly(EntryPoint = "tinysd_abi", CallConvs = [typeof(CallConvCdecl)])]
    public static int AbiVersion() => Abi;

    [UnmanagedCallersOnly(EntryPoint = "tinysd_last_error", CallConvs = [typeof(CallConvCdecl)])]
    public static byte* LastError() => Failure.Last;

    [UnmanagedCallersOnly(EntryPoint = "tinysd_model_open", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ModelOpen(byte* path, nint* model)
    {
        try
        {
            NotNull(model, "model");
            using TsdFile file = TsdFile.Open(Text(path, "path_utf8"));
            *model = Handles.Add(Model.Read(file));
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_model_from_memory", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ModelFromMemory(byte* bytes, nuint length, nint* model)
    {
        try
        {
            NotNull(bytes, "bytes");
            NotNull(model, "model");
            using var memory = new ForeignMemory(bytes, Length(length));
            using TsdFile file = TsdFile.Open(memory.Memory, "the model in memory");
            *model = Handles.Add(Model.Read(file));
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_model_close", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ModelClose(nint model)
    {
        try
        {
            Handles.Remove<Model>(model);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_model_shape", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ModelShape(nint model, Shape* shape)
    {
        try
        {
            NotNull(shape, "shape");
            *shape = Handles.Get<Model>(model).Shape;
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_model_input_name", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ModelInputName(nint model, int index, byte* name, nuint size, nuint* length)
    {
        try
        {
            Name(Handles.Get<Model>(model).Inputs, "input", index, name, size, length);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_model_output_name", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ModelOutputName(nint model, int index, byte* name, nuint size, nuint* length)
    {
        try
        {
            Name(Handles.Get<Model>(model).Outputs, "output", index, name, size, length);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_model_encode", CallConvs = [typeof(CallConvCdecl)])]
    public static Status ModelEncode(nint model, byte* text, int* tokens, nuint room, nuint* count)
    {
        try
        {
            NotNull(count, "count");
            int[] encoded = Handles.Get<Model>(model).Encode(Text(text, "text_utf8"));
            *count = (nuint)encoded.Length;
            encoded.CopyTo(Span(tokens, room, "tokens", (nuint)encoded.Length));
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_plan", CallConvs = [typeof(CallConvCdecl)])]
    public static Status Plan(nint model, int batch, int timeSteps, Need* need)
    {
        try
        {
            NotNull(need, "need");
            *need = Handles.Get<Model>(model).Plan(batch, timeSteps);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_create", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionCreate(nint model, int batch, nint* session)
    {
        try
        {
            NotNull(session, "session");
            *session = Handles.Add(Handles.Get<Model>(model).Open(batch));
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_close", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionClose(nint session)
    {
        try
        {
            Handles.Remove<Stream>(session);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_reset", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionReset(nint session)
    {
        try
        {
            Handles.Get<Stream>(session).Alone(static (it, _) => it.Reset(), 0);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_reset_sequence", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionResetSequence(nint session, int sequence)
    {
        try
        {
            Handles.Get<Stream>(session).Alone(static (it, sequence) => it.Reset(sequence), sequence);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_step", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionStep(nint session, float* input, nuint inputs, float* output, nuint outputs) =>
        Run(session, input, inputs, output, outputs, isOneStep: true);

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_step_tokens", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionStepTokens(nint session, int* tokens, nuint count, float* output, nuint outputs) =>
        RunTokens(session, tokens, count, output, outputs, isOneStep: true);

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_run", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionRun(nint session, float* input, nuint inputs, float* output, nuint outputs) =>
        Run(session, input, inputs, output, outputs, isOneStep: false);

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_run_tokens", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionRunTokens(nint session, int* tokens, nuint count, float* output, nuint outputs) =>
        RunTokens(session, tokens, count, output, outputs, isOneStep: false);

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_predict", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionPredict(nint session, float* input, nuint inputs, float* output, nuint outputs)
    {
        try
        {
            Stream stream = Handles.Get<Stream>(session);
            stream.Predict([], Span(input, inputs, "input"), Span(output, outputs, "output"), hasTokens: false);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_predict_tokens", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionPredictTokens(nint session, int* tokens, nuint count, float* output, nuint outputs)
    {
        try
        {
            Stream stream = Handles.Get<Stream>(session);
            stream.Predict(Span(tokens, count, "tokens"), [], Span(output, outputs, "output"), hasTokens: true);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_state_size", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionStateSize(nint session, nuint* size)
    {
        try
        {
            NotNull(size, "size_bytes");
            *size = (nuint)Handles.Get<Stream>(session).Save().Length;
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_save", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionSave(nint session, byte* bytes, nuint size)
    {
        try
        {
            byte[] state = Handles.Get<Stream>(session).Save();
            state.CopyTo(Span(bytes, size, "bytes", (nuint)state.Length));
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    [UnmanagedCallersOnly(EntryPoint = "tinysd_session_load", CallConvs = [typeof(CallConvCdecl)])]
    public static Status SessionLoad(nint session, byte* bytes, nuint size)
    {
        try
        {
            Stream stream = Handles.Get<Stream>(session);
            NotNull(bytes, "bytes");
            using var memory = new ForeignMemory(bytes, Length(size));
            stream.Load(memory.Memory);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    private static Status Run(nint session, float* input, nuint inputs, float* output, nuint outputs, bool isOneStep)
    {
        try
        {
            Stream stream = Handles.Get<Stream>(session);
            stream.Run([], Span(input, inputs, "input"), Span(output, outputs, "output"), hasTokens: false, isOneStep);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    private static Status RunTokens(nint session, int* tokens, nuint count, float* output, nuint outputs, bool isOneStep)
    {
        try
        {
            Stream stream = Handles.Get<Stream>(session);
            stream.Run(Span(tokens, count, "tokens"), [], Span(output, outputs, "output"), hasTokens: true, isOneStep);
            return Status.Ok;
        }
        catch (Exception exception)
        {
            return Failure.Of(exception);
        }
    }

    private static void Name(IReadOnlyList<string> names, string what, int index, byte* name, nuint size, nuint* length)
    {
        if (names.Count == 0) throw new CallException(Status.NotSupported, $"the model's {what}s have no names");
        if ((uint)index >= (uint)names.Count)
            throw new CallException(Status.BadArgument, $"there is no {what} {index}; 0 to {names.Count - 1} were expected");
        byte[] text = Encoding.UTF8.GetBytes(names[index]);
        if (length is not null) *length = (nuint)text.Length;
        Span<byte> to = Span(name, size, "name", (nuint)text.Length + 1);
        text.CopyTo(to);
        to[text.Length] = 0;
    }

    private static void NotNull(void* pointer, string name)
    {
        if (pointer is null) throw new CallException(Status.BadArgument, $"{name} is NULL");
    }

    private static string Text(byte* text, string name)
    {
        NotNull(text, name);
        return Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
    }

    private static int Length(nuint length) => length <= int.MaxValue ? (int)length
        : throw new CallException(Status.BadArgument, $"a length of {length} is more than 2^31 - 1");

    private static Span<T> Span<T>(T* pointer, nuint length, string name, nuint least = 0)
        where T : unmanaged
    {
        NotNull(pointer, name);
        int count = Length(length);
        if (length < least) throw new CallException(Status.BadArgument, $"{name} has room for {length}; {least} were expected");
        return new Span<T>(pointer, count);
    }
}
