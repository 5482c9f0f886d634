using TinySD.Runtime.Memory;

namespace TinySD.Runtime.Layers;

/// <summary>Where one LSTM layer's tensors lie: input [I, 4H], recurrent [H, 4H], bias [4H].</summary>
internal sealed record LstmSlots(TensorSlot Input, TensorSlot Recurrent, TensorSlot Bias);
